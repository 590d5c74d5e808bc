"""How many of a model's numbers a token meets: of the experts, only those that it is sent to."""

from collections.abc import Mapping

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


def _shares(model: PreTrainedModel) -> dict[str, float]:
    """Name of each tensor that holds experts, to the share of them that a token is sent to."""
    chosen = _chosen(model)
    return {
        f"{name}.{parameter}": chosen / len(tensor)
        for name, module in model.named_modules()
        for parameter, tensor in module.named_parameters(recurse=False)
        if chosen and tensor.ndim == 3 and len(tensor) == getattr(module, "num_experts", 0)
    }


def _chosen(model: PreTrainedModel) -> int | None:
    config = model.config.get_text_config()
    found = next((v for name in CHOSEN if (v := getattr(config, name, None))), None)
    return max(found) if isinstance(found, list) else found
