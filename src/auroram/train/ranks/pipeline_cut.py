"""A model cut into stages: each rank of a pipeline keeps a part of its layers.

What a rank does not keep is hollowed out and not taken away, so that the model's own code runs as
it is, layers keep their numbers and weights their names: a hollow layer hands on what it is given,
but for the last one before those that are kept, which gives out what came from the rank before. So
what a model does to its embeddings is done once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from auroram.model.decoder import decoder_of

LAYER_LISTS = ("layers", "h", "blocks", "block")
"""What decoders call the list of their layers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which stage of a pipeline this is."""

    stage: int = 0
    """Counted from 0."""
    stages: int = 1

    @property
    def is_first(self) -> bool:
        """Whether it holds the embeddings."""
        return self.stage == 0

    @property
    def is_last(self) -> bool:
        """Whether it holds the last norm and the head, and knows the loss."""
        return self.stage == self.stages - 1

    def layers(self, count: int) -> range:
        """Which of so many layers it holds."""
        return range(*(count * end // self.stages for end in (self.stage, self.stage + 1)))


@dataclass(slots=True, kw_only=True, eq=False)
class Inbox:
    """What the stage before handed on; hollow modules give it out."""

    states_BTD: Tensor | None = None

    def take(self, *_: object, **__: object) -> Tensor:
        """The states, in the place of whatever a hollow module would have made."""
        assert self.states_BTD is not None, "no states came in"
        return self.states_BTD


def decoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    """The layers of a decoder in order.

    Raises:
        ValueError: where they are not under a name that is known.
    """
    modules = decoder_of(model).named_modules()
    lists = (layers for name, layers in modules if name.rpartition(".")[2] in LAYER_LISTS)
    found = next((layers for layers in lists if isinstance(layers, nn.ModuleList)), None)
    if found is None:
        raise ValueError(f"the layers of a {model.config.model_type!r} were not found")
    return found


def keep_stage(model: PreTrainedModel, place: Place) -> Inbox:
    """Hollow out what other stages hold.

    Embeddings that are the head too stay on the first stage and on the last.

    Returns:
        Where a later stage than the first looks for its states.
    """
    inbox, layers = Inbox(), decoder_layers(model)
    held = place.layers(len(layers))
    for number, layer in enumerate(layers):
        if number not in held:
            _hollow(layer, inbox.take if number == held.start - 1 else _same)
    if not place.is_first:
        _hollow_tables(model, inbox, tied=place.is_last)
    if not place.is_last:
        _hollow_end(model, layers)
    return inbox


def _hollow_tables(model: PreTrainedModel, inbox: Inbox, *, tied: bool) -> None:
    """Of embeddings of tokens and positions; weights that are the head too stay where `tied`."""
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()  # type: ignore[no-untyped-call]
    for table in decoder_of(model).children():
        if isinstance(table, nn.Embedding):
            forward = inbox.take if table is embeddings else _nothing
            _hollow(table, forward, keep_weights=tied and table.weight is head.weight)


def parts_of_all(model: PreTrainedModel) -> list[str]:
    """Names of what a decoder has beside embeddings, layers and a last norm; none mostly.

    Layers of all stages may need it, so that there is no cut.
    """
    parts = {
        name: module
        for name, module in decoder_of(model).named_children()
        if any(True for _ in module.parameters()) and not isinstance(module, nn.Embedding)
    }
    layers = decoder_layers(model)
    others = [name for name, module in parts.items() if module is not layers]
    return others if len(others) > 1 or len(others) == len(parts) else []


def _hollow_end(model: PreTrainedModel, layers: nn.ModuleList) -> None:
    """Of the last norm and the head."""
    _hollow(model.get_output_embeddings(), _same)  # type: ignore[no-untyped-call]
    for module in decoder_of(model).children():
        has_weights = any(True for _ in module.parameters())
        if has_weights and module is not layers and not isinstance(module, nn.Embedding):
            _hollow(module, _same)


def tied_weights(model: PreTrainedModel) -> frozenset[str]:
    """Names of the embeddings that are the head too, which two stages hold; often there are none.

    A stage that holds only one of the two has none.
    """
    head = getattr(model.get_output_embeddings(), "weight", None)  # type: ignore[no-untyped-call]
    embeddings = getattr(model.get_input_embeddings(), "weight", None)
    named = model.named_parameters()
    return frozenset(name for name, p in named if p is embeddings and p is head)


def first_stage_of(model: PreTrainedModel, stages: int) -> dict[str, int]:
    """Name of each weight of a whole model, in order, to the first stage of so many that has it."""
    layers = decoder_layers(model)
    held = [Place(stage=stage, stages=stages).layers(len(layers)) for stage in range(stages)]
    stage_of = {
        id(p): stage
        for stage, numbers in enumerate(held)
        for number in numbers
        for p in layers[number].parameters()
    }
    tables = (module for module in decoder_of(model).children() if isinstance(module, nn.Embedding))
    stage_of |= {id(p): 0 for table in tables for p in table.parameters()}
    return {name: stage_of.get(id(p), stages - 1) for name, p in model.named_parameters()}


def _hollow(
    module: nn.Module, forward: Callable[..., Tensor], *, keep_weights: bool = False
) -> None:
    module.forward = forward
    if not keep_weights:
        for name, _ in [*module.named_children(), *module.named_parameters(recurse=False)]:
            delattr(module, name)


def _same(states_BTD: Tensor, *_: object, **__: object) -> Tensor:
    return states_BTD


def _nothing(*_: object, **__: object) -> Tensor:
    """Of learnt positions, which the first stage has added."""
    return torch.zeros(())
