"""Exchanges as rows of tokens, and what a model's loss on each of them is.

Shape letters: B rows, T positions, V vocabulary.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from auroram.errors import DataError
from auroram.model.tokenizer import Tokenizer
from auroram.records.exchange import Exchange, read_exchanges

IGNORED = -100


@dataclass(frozen=True, slots=True)
class Row:
    """An exchange as it is trained on."""

    ids: Sequence[int]
    mask: Sequence[int]
    """1 on the answer and its end token."""


def rows_of(pairs: Iterable[tuple[str, str]], tokenizer: Tokenizer, longest: int) -> list[Row]:
    """Requests with their answers; what is longer than `longest` tokens is left out."""
    rows = (Row(*tokenizer.exchange(request, answer)) for request, answer in pairs)
    return [row for row in rows if len(row.ids) <= longest]


def training_exchanges(folders: Sequence[Path]) -> list[Exchange]:
    """The exchanges of some stages' `exchanges/train.jsonl`.

    Raises:
        DataError: where there is none at all.
    """
    paths = [folder / "exchanges" / "train.jsonl" for folder in folders]
    found = [one for path in paths for one in read_exchanges(path)]
    if not found:
        raise DataError(f"{paths[0]}: no exchanges to learn from")
    return found


def row_losses(model: nn.Module, rows: Sequence[Row]) -> Tensor:
    """Mean nats of each row's answer, (B,)."""
    width = max(len(row.ids) for row in rows)
    tokens_BT = torch.zeros(len(rows), width, dtype=torch.int64)
    targets_BT = torch.full((len(rows), width), IGNORED)
    for b, row in enumerate(rows):
        ids, mask = torch.tensor(list(row.ids)), torch.tensor(list(row.mask), dtype=torch.bool)
        tokens_BT[b, : len(ids)] = ids
        targets_BT[b, : len(ids)] = torch.where(mask, ids, IGNORED)
    logits_BTV = model(input_ids=tokens_BT, use_cache=False).logits[:, :-1].float()
    targets_BT = targets_BT[:, 1:]
    nats_BT = cross_entropy(
        logits_BTV.flatten(0, 1), targets_BT.flatten(), reduction="none", ignore_index=IGNORED
    ).view_as(targets_BT)
    return nats_BT.sum(1) / (targets_BT != IGNORED).sum(1).clamp(min=1)
