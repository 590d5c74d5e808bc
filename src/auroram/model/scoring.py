"""How surprising a text is to a model: nats for each of its tokens.

A sequence longer than the context is read through overlapping windows, so that every token is
predicted once, and with at least a quarter of the context before it (or all there is). Windows of
many sequences share a row under the document mask, which changes nothing in the figures and
leaves hardly any padding. A model that would read them otherwise so reads each by itself.

Shape letters: B rows, T positions, N positions with a target, D hidden size, V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from auroram.errors import DataError
from auroram.model.attention import PADDING, document_mask
from auroram.model.choices import Precision
from auroram.model.decoder import decoder_of
from auroram.model.logits import rescaling_of
from auroram.model.precision import autocast
from auroram.model.reading import longest_row, reads_packed

ROWS = 4
"""Rows in a batch: at a few hundred positions more rows are no faster on a processor."""

LOGITS_AT_ONCE = 512
"""Positions whose logits exist at one time: 100 MB of float32 for 49,152 tokens."""

WIDTH_STEP = 64
"""A batch is as wide as its fullest row, rounded up to this."""

NO_TARGET = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A piece of a sequence as the model reads it; it predicts the token after each position."""

    sequence: int
    start: int
    stop: int
    first: int
    """First position, counted in the sequence, whose prediction is wanted."""

    @property
    def length(self) -> int:
        """Positions that the window takes in a row."""
        return self.stop - self.start


@torch.inference_mode()
def token_nats(
    model: PreTrainedModel,
    sequences: Sequence[Sequence[int]],
    *,
    context_tokens: int,
    precision: Precision = "float32",
    advance: Callable[[int], None] = lambda _tokens: None,
) -> list[NDArray[np.float32]]:
    """Nats of each token of each sequence but the first, which is given and not predicted.

    Put the end-of-text token before a text, and every token of the text is predicted.

    Args:
        model: in evaluation mode, with one of our attention backends.
        sequences: token ids.
        context_tokens: width of a window, at least 4.
        precision: of the matrix products in the body; the logits are float32 always.
        advance: told after each batch how many more tokens have their nats.

    Raises:
        DataError: where windows are longer than the model's positions.
    """
    if context_tokens < 4:
        raise ValueError(f"context_tokens must be at least 4 ({context_tokens} given)")
    longest = longest_row(model)
    if longest is not None and context_tokens > longest:
        raise DataError(
            f"model: {context_tokens} tokens of context are more than its {longest} positions; "
            "lower context_tokens"
        )
    nats = [np.zeros(max(0, len(sequence) - 1), np.float32) for sequence in sequences]
    windows = [
        window
        for i, sequence in enumerate(sequences)
        for window in windows_of(i, len(sequence), context_tokens)
    ]
    packs = reads_packed(model, row_tokens=context_tokens)
    rows = rows_of(windows, context_tokens) if packs else [[window] for window in windows]
    at_once = ROWS if packs else 1
    score = _score if packs else _score_alone
    for start in range(0, len(rows), at_once):
        batch = rows[start : start + at_once]
        for window, values in score(model, sequences, batch, precision):
            nats[window.sequence][window.first : window.stop] = values
        advance(sum(window.stop - window.first for row in batch for window in row))
    return nats


def windows_of(sequence: int, tokens: int, context_tokens: int) -> Iterator[Window]:
    """Windows over a sequence: each of its tokens but the first is wanted exactly once.

    The first window wants all it can predict, each later one all but its first quarter.
    """
    last = tokens - 1
    if last < 1:
        return
    stop, overlap = min(context_tokens, last), context_tokens // 4
    yield Window(sequence=sequence, start=0, stop=stop, first=0)
    while stop < last:
        first, stop = stop, min(stop + context_tokens - overlap, last)
        yield Window(sequence=sequence, start=first - overlap, stop=stop, first=first)


def rows_of(windows: Sequence[Window], width: int) -> list[list[Window]]:
    """Rows of windows, each at most `width` positions: longest first, into the first that fits.

    Source: first-fit decreasing, at most 11/9 of the fewest rows (Johnson 1973).
    """
    rows: list[list[Window]] = []
    room: list[int] = []
    for window in sorted(windows, key=lambda w: (-w.length, w.sequence, w.start)):
        place = next((i for i, left in enumerate(room) if left >= window.length), len(rows))
        if place == len(rows):
            rows.append([])
            room.append(width)
        rows[place].append(window)
        room[place] -= window.length
    return rows


def _score(
    model: PreTrainedModel,
    sequences: Sequence[Sequence[int]],
    rows: Sequence[Sequence[Window]],
    precision: Precision,
) -> Iterator[tuple[Window, NDArray[np.float32]]]:
    """The wanted nats of each window of a batch."""
    tokens_BT, targets_BT, positions_BT, documents_BT = (
        part.to(model.device) for part in _batch(sequences, rows)
    )
    with autocast(precision, model.device.type):
        hidden_BTD = decoder_of(model)(
            input_ids=tokens_BT,
            position_ids=positions_BT,
            attention_mask=document_mask(documents_BT),
            use_cache=False,
        ).last_hidden_state
    wanted_BT = targets_BT != NO_TARGET
    nats_N = target_nats(model, hidden_BTD[wanted_BT].float(), targets_BT[wanted_BT])
    values, start = nats_N.cpu().numpy(), 0
    for row in rows:
        for window in row:
            count = window.stop - window.first
            yield window, values[start : start + count]
            start += count


def _score_alone(
    model: PreTrainedModel,
    sequences: Sequence[Sequence[int]],
    rows: Sequence[Sequence[Window]],
    precision: Precision,
) -> Iterator[tuple[Window, NDArray[np.float32]]]:
    """The wanted nats of each window, as the model itself reads it, without any mask of ours."""
    for window in chain.from_iterable(rows):
        ids = sequences[window.sequence][window.start : window.stop + 1]
        ids_1T = torch.tensor([list(ids)], device=model.device)
        with autocast(precision, model.device.type):
            logits_TV = model(input_ids=ids_1T[:, :-1], use_cache=False).logits[0]
        wanted = slice(window.first - window.start, None)
        nats_N = cross_entropy(logits_TV[wanted].float(), ids_1T[0, 1:][wanted], reduction="none")
        yield window, nats_N.cpu().numpy()


def _batch(
    sequences: Sequence[Sequence[int]], rows: Sequence[Sequence[Window]]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Tokens, targets, positions and document ids, each (B, T)."""
    fullest = max(sum(window.length for window in row) for row in rows)
    width = -(-fullest // WIDTH_STEP) * WIDTH_STEP
    tokens_BT, positions_BT = torch.zeros(2, len(rows), width, dtype=torch.int64).unbind()
    targets_BT = torch.full((len(rows), width), NO_TARGET)
    documents_BT = torch.full((len(rows), width), PADDING)
    for b, row in enumerate(rows):
        at = 0
        for i, window in enumerate(row):
            ids = torch.tensor(sequences[window.sequence][window.start : window.stop + 1])
            place, skipped = slice(at, at + window.length), window.first - window.start
            tokens_BT[b, place] = ids[:-1]
            targets_BT[b, at + skipped : at + window.length] = ids[1 + skipped :]
            positions_BT[b, place] = torch.arange(window.length)
            documents_BT[b, place] = i
            at += window.length
    return tokens_BT, targets_BT, positions_BT, documents_BT


def target_nats(model: PreTrainedModel, hidden_ND: Tensor, targets_N: Tensor) -> Tensor:
    """Negative log-probability of each target, in nats; logits exist for a few at a time."""
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    rescaling = rescaling_of(model)
    pieces = zip(
        torch.split(hidden_ND, LOGITS_AT_ONCE), torch.split(targets_N, LOGITS_AT_ONCE), strict=True
    )
    # On a processor this is 2.4 times as fast as logsumexp and gather.
    return torch.cat(
        [
            cross_entropy(rescaling.apply(head(some_ND)), some_N, reduction="none")
            for some_ND, some_N in pieces
        ]
    )
