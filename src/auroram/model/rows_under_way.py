"""Replies that are being written side by side: rows join while others go on, and leave when done.

The cache holds a row in the last of its columns, so that the next token of every row has the same
column; what stands before a shorter row is masked. What all prompts begin with is read once.

Shape letters: B rows, T positions, K key heads, D size of a head, W columns, V vocabulary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import Cache

from auroram.model.decoder import decoder_of
from auroram.model.kept import check_keeps, layers_of, read_beginning
from auroram.model.logits import rescaling_of


class RowsUnderWay:
    """The rows of one model that go on, in the order in which they joined."""

    def __init__(self, model: PreTrainedModel, beginning: Sequence[int]) -> None:
        """Read what all prompts begin with.

        Raises:
            DataError: where the model's rows cannot be written side by side.
        """
        check_keeps(model)
        self._model = model
        self._rescaling = rescaling_of(model)
        self._head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        self._beginning = read_beginning(model, beginning)
        self._skipped = len(beginning)
        self._cache: DynamicCache | None = None
        self._lengths: list[int] = []

    def __len__(self) -> int:
        """How many rows go on."""
        return len(self._lengths)

    def join(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Read prompts, which begin with what all do; the logits after each, (B, V)."""
        own = [prompt[self._skipped :] for prompt in prompts]
        width = max(map(len, own))
        tokens_BT = torch.tensor([[*ids, *[0] * (width - len(ids))] for ids in own])
        cache = DynamicCache()
        for number, (_, keys, values) in enumerate(layers_of(self._beginning)):
            cache.update(
                keys.expand(len(own), -1, -1, -1), values.expand(len(own), -1, -1, -1), number
            )
        columns = self._skipped + width
        places_BT = torch.arange(self._skipped, columns).expand(len(own), -1)
        mask_BW = torch.ones(len(own), columns, dtype=torch.int64)
        # Padding stands behind a prompt here, where no token looks at it.
        hidden_BTD = self._read(tokens_BT, places_BT, mask_BW, cache)
        lasts_B = torch.tensor([len(ids) - 1 for ids in own], device=hidden_BTD.device)
        lengths = [self._skipped + len(ids) for ids in own]
        _to_the_right(cache, lengths, columns)
        self._add(cache, lengths)
        return self._logits(hidden_BTD[torch.arange(len(own)), lasts_B])

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Read one more token of each row; the logits after it, (B, V)."""
        assert self._cache is not None, "no row has joined"
        lengths_B1 = torch.tensor(self._lengths)[:, None]
        columns = max(self._lengths) + 1
        mask_BW = (torch.arange(columns) >= columns - 1 - lengths_B1).long()
        tokens_B1 = torch.tensor(tokens)[:, None]
        hidden_B1D = self._read(tokens_B1, lengths_B1, mask_BW, self._cache)
        self._lengths = [length + 1 for length in self._lengths]
        return self._logits(hidden_B1D[:, 0])

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows go on."""
        if not rows or self._cache is None:
            self._cache, self._lengths = None, []
            return
        before = max(self._lengths)
        self._lengths = [self._lengths[row] for row in rows]
        self._cache.batch_select_indices(torch.tensor(rows, device=self._model.device))
        if excess := before - max(self._lengths):
            for layer, keys, values in layers_of(self._cache):
                layer.keys, layer.values = keys[:, :, excess:], values[:, :, excess:]

    def _read(self, tokens_BT: Tensor, places_BT: Tensor, mask_BW: Tensor, cache: Cache) -> Tensor:
        device = self._model.device
        hidden_BTD: Tensor = decoder_of(self._model)(
            input_ids=tokens_BT.to(device),
            position_ids=places_BT.to(device),
            attention_mask=mask_BW.to(device),
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state
        return hidden_BTD

    def _logits(self, hidden_BD: Tensor) -> Tensor:
        return self._rescaling.apply(self._head(hidden_BD))

    def _add(self, cache: DynamicCache, lengths: list[int]) -> None:
        """Put new rows under those that go on."""
        if self._cache is None:
            self._cache, self._lengths = cache, lengths
            return
        width = max(*self._lengths, *lengths)
        joined = zip(layers_of(self._cache), layers_of(cache), strict=True)
        for (layer, keys, values), (_, new_keys, new_values) in joined:
            layer.keys = torch.cat([_widened(keys, width), _widened(new_keys, width)])
            layer.values = torch.cat([_widened(values, width), _widened(new_values, width)])
        self._lengths = self._lengths + lengths


def _to_the_right(cache: DynamicCache, lengths: Sequence[int], columns: int) -> None:
    """Move what lies in the first columns of a row into its last ones."""
    shifts_B1 = columns - torch.tensor(lengths)[:, None]
    source_BW = (torch.arange(columns) - shifts_B1).clamp(min=0)
    for layer, keys, values in layers_of(cache):
        index_BKWD = source_BW.to(keys.device)[:, None, :, None]
        layer.keys = keys.gather(2, index_BKWD.expand_as(keys))
        layer.values = values.gather(2, index_BKWD.expand_as(values))


def _widened(kept_BKWD: Tensor, width: int) -> Tensor:
    return torch.nn.functional.pad(kept_BKWD, (0, 0, width - kept_BKWD.shape[2], 0))
