"""How each layer of a model is cut among tensor ranks: the model's own plan, in torch's styles.

Matrices are cut in pairs, as in Shoeybi et al. 2019 (Megatron-LM), arXiv:1909.08053, section 3: the
first by its outputs (`colwise`), the second by its inputs (`rowwise`), so that a pair needs one sum
over the ranks. Embeddings, head and norms are kept whole on each of them.
"""

from collections.abc import Callable
from fnmatch import fnmatch

from peft.tuners.lora import LoraLayer
from torch import nn
from torch.distributed.tensor import Replicate
from torch.distributed.tensor.parallel import ColwiseParallel, ParallelStyle, RowwiseParallel
from transformers import PreTrainedModel

from auroram.model.decoder import decoder_of

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
    plan = getattr(model.config.get_text_config(), "base_model_tp_plan", None)
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


def styles_of(model: PreTrainedModel) -> dict[str, ParallelStyle]:
    """Name of each module within the base model that is cut, to how; those that are hollow are not.

    Of two thin matrices beside a layer, the one whose numbers of inputs or outputs are the layer's
    own is cut as the layer is; the other one is whole on each rank.
    """
    plan = tensor_plan(model)
    styles: dict[str, ParallelStyle] = {}
    for name, module in decoder_of(model).named_modules():
        style = next((plan[pattern] for pattern in plan if fnmatch(name, pattern)), PARTIAL)
        if style != PARTIAL:
            styles |= {f"{name}{part}": STYLES[style]() for part in _parts(module, style)}
    return styles


def _parts(module: nn.Module, style: str) -> tuple[str, ...]:
    if isinstance(module, LoraLayer):
        thin = "lora_B" if style.startswith("col") else "lora_A"
        return (".base_layer", f".{thin}.default")
    return ("",)
