"""A model's experts, and how many of its numbers a token meets: of those that it is sent to."""

from collections.abc import Iterator, Mapping

from torch import Tensor
from transformers import PreTrainedModel

CHOSEN = ("num_experts_per_tok", "top_k_experts", "moe_topk", "moe_k")
"""What settings call the number of experts that a token is sent to."""


def met_by_token(model: PreTrainedModel, parameters: Mapping[str, Tensor]) -> dict[str, float]:
    """Numbers of each of these parameters that a token is multiplied with or added to.

    Args:
        model: that the parameters are of.
        parameters: by their names in the model, or of parts beside its own.
    """
    shares = _shares(model)
    return {name: p.numel() * shares.get(name, 1.0) for name, p in parameters.items()}


def expert_tensors(model: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    """Names and values of the tensors that hold all experts of a layer, one after the other."""
    for name, module in model.named_modules():
        for parameter, tensor in module.named_parameters(recurse=False):
            if tensor.ndim == 3 and len(tensor) == getattr(module, "num_experts", 0):
                yield f"{name}.{parameter}", tensor


def _shares(model: PreTrainedModel) -> dict[str, float]:
    """Name of each tensor that holds experts, to the share of them that a token is sent to."""
    chosen = _chosen(model)
    return {name: chosen / len(t) for name, t in expert_tensors(model)} if chosen else {}


def _chosen(model: PreTrainedModel) -> int | None:
    config = model.config.get_text_config()
    found = next((v for name in CHOSEN if (v := getattr(config, name, None))), None)
    return max(found) if isinstance(found, list) else found
