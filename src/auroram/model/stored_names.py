"""Weights as files name and cut them, where transformers holds them otherwise in memory.

Experts, for one, lie in files each by itself and in memory as one tensor for all of a layer. What
is written has the layout of the files on the hub, so that whatever reads those reads ours.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from transformers import PreTrainedModel
from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import (
    WeightConverter,
    WeightRenaming,
    dot_natural_key,
    rename_source_key,
    revert_weight_conversion,
)


def as_stored(model: PreTrainedModel, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All weights of a model, by their names in memory, as files have them."""
    stored: Mapping[str, Tensor] = revert_weight_conversion(model, dict(weights))
    return {name: tensor.contiguous() for name, tensor in stored.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a tensor in memory is made of stored ones."""

    first: str
    """The first of the tensors that are made together."""
    converter: WeightConverter | None
    """None where a stored tensor has another name, and is the same."""
    parts: list[tuple[str, str]] = field(default_factory=list)
    """Pattern and name of each stored tensor, in order."""

    def tensor(self, name: str, read: Callable[[str], Tensor]) -> Tensor:
        """The one of this name; `read` gives a stored one."""
        if self.converter is None:
            return read(self.parts[-1][1])
        converter = deepcopy(self.converter)
        for pattern, stored in self.parts:
            tensor: Any = read(stored)  # what loads in the background hands on a promise of one
            converter.add_tensor(self.first, stored, pattern, tensor)
        made = converter.convert(self.first)[name]
        whole: Tensor = made[0] if isinstance(made, list) else made
        return whole


def made_of(model: PreTrainedModel, stored: Iterable[str]) -> dict[str, Made]:
    """Name of each tensor that stored ones of these names make up, to how.

    Args:
        model: of which only names are asked; its weights may lie nowhere.
        stored: names in the files.
    """
    transforms = get_model_conversion_mapping(model)
    renamings = [one for one in transforms if isinstance(one, WeightRenaming)]
    converters = [one for one in transforms if isinstance(one, WeightConverter)]
    of_pattern = {pattern: one for one in converters for pattern in one.source_patterns}
    known, made = model.state_dict(), dict[str, Made]()
    for name in sorted(stored, key=dot_natural_key):
        first, pattern = rename_source_key(
            name, renamings, converters, model.base_model_prefix, known
        )
        converter = of_pattern[pattern] if pattern else None
        entry = made.setdefault(first, Made(first=first, converter=converter))
        entry.parts.append((pattern or name, name))
        targets = converter.target_patterns if converter else [first]
        for target in targets[1:]:
            made[first.replace(targets[0], target)] = entry
    return {name: entry for name, entry in made.items() if name in known}
