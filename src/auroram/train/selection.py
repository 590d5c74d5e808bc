"""Which parameters a stage trains; the others keep their values to the last bit."""

import re

from torch import nn
from transformers import PreTrainedModel

from auroram.model.decoder import decoder_of
from auroram.train.parts import Selection

_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|block)\.(\d+)\.")


def select(
    settings: Selection, model: PreTrainedModel, embeddings: list[nn.Module]
) -> dict[str, nn.Parameter]:
    """Freeze what is not selected; the parameters that train, by name, each once.

    Parts that see or hear have nothing to do with text, and stay as they are.

    Raises:
        ValueError: where a named layer does not exist, or nothing is left to train.
    """
    decoder = decoder_of(model)
    chosen = _chosen(settings.layers, _layers(decoder))
    text = {id(p) for part in (decoder, *embeddings) for p in part.parameters()}
    fixed = {id(p) for module in embeddings for p in module.parameters() if not settings.embeddings}
    for name, parameter in model.named_parameters():
        layer = _LAYER.search(name)
        wanted = id(parameter) in text and (layer is None or int(layer[1]) in chosen)
        parameter.requires_grad_(wanted and id(parameter) not in fixed)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not trained:
        raise ValueError("nothing is selected to train; widen layers or embeddings")
    return trained


def _chosen(wanted: str, known: set[int]) -> set[int]:
    if wanted in {"all", "none"}:
        return known if wanted == "all" else set()
    ranges = [part.partition("-") for part in wanted.split(",")]
    chosen = {
        layer for first, _, last in ranges for layer in range(int(first), int(last or first) + 1)
    }
    if beyond := chosen - known:
        named = f"{min(beyond)} to {max(beyond)}" if len(beyond) > 1 else f"{max(beyond)}"
        raise ValueError(
            f"layers names {named}, but the model has {len(known)} layers, 0 to {len(known) - 1}"
        )
    return chosen


def _layers(model: nn.Module) -> set[int]:
    found = (_LAYER.search(name) for name, _ in model.named_parameters())
    return {int(layer[1]) for layer in found if layer}


def token_layers(model: PreTrainedModel) -> list[nn.Module]:
    """The token embeddings and the output head, whose rows belong to tokens."""
    ends = [model.get_input_embeddings(), model.get_output_embeddings()]  # type: ignore[no-untyped-call]
    return [layer for layer in ends if layer is not None]
