"""How each layer of a model is cut among tensor ranks: the model's own plan, in torch's styles.

Matrices are cut in pairs, as in Shoeybi et al. 2019 (Megatron-LM), arXiv:1909.08053, section 3: the
first by its outputs (`colwise`), the second by its inputs (`rowwise`), so that a pair needs one sum
over the ranks. Embeddings, head and norms are kept whole on each of them.
"""

from collections.abc import Callable

from torch.distributed.tensor import Replicate
from torch.distributed.tensor.parallel import ColwiseParallel, ParallelStyle, RowwiseParallel
from transformers import PreTrainedModel

PARTIAL = "replicated_with_grad_allreduce"
"""Style of weights that every rank holds and uses on its own heads: gradients are to be summed."""

STYLES: dict[str, Callable[[], ParallelStyle]] = {
    "colwise": ColwiseParallel,
    "rowwise": RowwiseParallel,
    "colwise_gather_output": lambda: ColwiseParallel(output_layouts=Replicate()),
    "rowwise_split_input": lambda: RowwiseParallel(input_layouts=Replicate()),
}
"""The words of transformers' plans to torch's styles."""

_GPT_BIGCODE = {
    "h.*.attn.c_attn": "colwise_gather_output",
    "h.*.attn.c_proj": "rowwise_split_input",
    "h.*.mlp.c_fc": "colwise",
    "h.*.mlp.c_proj": "rowwise",
}
"""Its queries and its one key head are made by one matrix, which cannot be cut by heads: its
product is gathered, and each rank attends with all heads."""


def tensor_plan(model: PreTrainedModel) -> dict[str, str]:
    """Pattern of a module's name within the base model to the style of its cut.

    Raises:
        ValueError: where the model has no plan, or one with a style that is not known here.
    """
    kind = model.config.model_type
    plan = getattr(model.config, "base_model_tp_plan", None)
    if kind == "gpt_bigcode":
        plan = _GPT_BIGCODE
    if not plan:
        raise ValueError(f"a model of kind {kind!r} has no plan to be cut by; use data alone")
    if unknown := sorted(set(plan.values()) - {*STYLES, PARTIAL}):
        raise ValueError(
            f"the plan of {kind!r} asks for {', '.join(unknown)}, which is not supported; "
            "use data alone"
        )
    return dict(plan)
