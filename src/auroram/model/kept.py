"""Keys and values that a decoder keeps of what it has read.

Shape letters: B rows, K key heads, W columns, D size of a head.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache, DynamicLayer

from auroram.errors import DataError
from auroram.model.decoder import decoder_of
from auroram.model.reading import makes_logits, states_of


def check_keeps(model: PreTrainedModel) -> None:
    """Refuse a model whose replies cannot be written side by side as it writes each alone.

    Raises:
        DataError: where its layers keep states that run on, and not what was read, or its logits
            are not what its head makes of its states.
    """
    fault = ""
    if states := states_of(model):
        fault = f"its layers ({states}) keep states in the place of keys and values"
    elif not makes_logits(model):
        fault = "its logits are not what its output head makes of its states"
    if fault:
        raise DataError(
            f"model: replies of a {model.config.model_type!r} cannot be written in batches "
            f"({fault}); choose another model"
        )


def layers_of(cache: Cache) -> Iterator[tuple[DynamicLayer, Tensor, Tensor]]:
    """Each layer with its keys and values, (B, K, W, D).

    Raises:
        DataError: where a layer keeps states that run on, and not what was read.
    """
    for layer in cache.layers:
        if not isinstance(layer, DynamicLayer) or layer.keys is None or layer.values is None:
            raise DataError(
                "model: its layers keep states in the place of keys and values, so rows of unlike "
                "length cannot share a batch; choose another model"
            )
        yield layer, layer.keys, layer.values


def read_beginning(model: PreTrainedModel, ids: Sequence[int]) -> DynamicCache:
    """What a model keeps of a beginning, in one row; nothing for no ids."""
    cache = DynamicCache()
    if ids:
        tokens_1T = torch.tensor([list(ids)], device=model.device)
        decoder_of(model)(input_ids=tokens_1T, past_key_values=cache, use_cache=True)
    return cache


class Remembered(DynamicLayer):  # type: ignore[no-untyped-call]
    """A beginning that every row of every batch looks at, to which nothing is ever added."""

    def __init__(self, keys_1KWD: Tensor, values_1KWD: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(keys_1KWD, values_1KWD)
        self.keys, self.values = keys_1KWD, values_1KWD
        self._begun = (keys_1KWD, values_1KWD)

    def update(
        self, key_states: Tensor, value_states: Tensor, *_more: object, **_options: object
    ) -> tuple[Tensor, Tensor]:
        """The beginning with what a batch reads after it."""
        rows = len(key_states)
        keys_1KWD, values_1KWD = self._begun
        return (
            torch.cat([keys_1KWD.expand(rows, -1, -1, -1), key_states], -2),
            torch.cat([values_1KWD.expand(rows, -1, -1, -1), value_states], -2),
        )


def remembered(model: PreTrainedModel, ids: Sequence[int]) -> Cache:
    """A beginning, read once, for many batches."""
    read = read_beginning(model, ids)
    return Cache(layers=[Remembered(keys, values) for _, keys, values in layers_of(read)])
