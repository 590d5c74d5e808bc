"""The linear layers that may change: the last of attention and of the feed-forward part.

Shape letters: B rows, T positions, M width of what goes in, D hidden size.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from auroram.train.ranks.pipeline_cut import decoder_layers


def sites_of(model: PreTrainedModel, unchanged: float) -> dict[str, nn.Linear]:
    """Name to linear layer, of the layers above the lower ones that stay as they are.

    The last linear layer of each part of a decoder layer writes to the stream of hidden states.

    Raises:
        ValueError: where the model's layers are not where they are looked for.
    """
    layers = decoder_layers(model)
    names = {id(module): name for name, module in model.named_modules()}
    upper = list(layers)[round(unchanged * len(layers)) :]
    parts = (part for layer in upper for part in layer.children())
    linear = ([m for m in part.modules() if isinstance(m, nn.Linear)] for part in parts)
    width = model.config.get_text_config().hidden_size
    found = {names[id(m[-1])]: m[-1] for m in linear if m and m[-1].out_features == width}
    if not found:
        raise ValueError("no linear layer above those that stay unchanged; lower unchanged")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What went through each site at the last pass."""

    keys: dict[str, Tensor] = field(default_factory=dict)
    """What went in, (B, T, M)."""
    outputs: dict[str, Tensor] = field(default_factory=dict)
    """What came out, (B, T, D), with its place in the graph."""


@contextmanager
def watched(sites: Mapping[str, nn.Linear]) -> Iterator[Watched]:
    """Keeps what goes through the sites while it is open.

    The graph begins at the first of them, so that the layers below keep nothing for it.
    """
    found = Watched()

    def keep(name: str, given: tuple[Tensor, ...], made: Tensor) -> None:
        if torch.is_grad_enabled() and not made.requires_grad:
            made.requires_grad_()
        found.keys[name], found.outputs[name] = given[0].detach(), made

    handles = [
        site.register_forward_hook(lambda _module, given, made, name=name: keep(name, given, made))
        for name, site in sites.items()
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
