"""What a training sample looks like: rows of tokens, their targets, and who may see whom.

Shape letters: B rows in the batch, T tokens in a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.records.shards import Shard
from auroram.tokens.goldfish import Goldfish
from auroram.tokens.opening import Opening
from auroram.tokens.rows import Segment

IGNORED = -100
"""Target of a position that is not learnt."""
PADDING = -1
"""Document id of a position that holds nothing."""

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Row:
    """The pieces of a row and the shard that they lie in."""

    shard: Shard
    segments: Sequence[Segment]
    goldfish: Goldfish | None = None
    """Which targets are dropped, in a shard without a mask; None where none is."""
    opening: Opening | None = None
    """Which targets weigh more, in a shard with a mask; None where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of one fixed length."""

    tokens_BT: Int64
    targets_BT: Int64
    """The token after this one, in the same piece of the same document; else `IGNORED`."""
    position_ids_BT: Int64
    """Counted from 0 in every piece."""
    document_ids_BT: Int64
    """Number of the piece in its row: equal numbers attend; `PADDING` for no token."""
    weights_BT: NDArray[np.float32] | None = None
    """What each target weighs in the gradient; None where all weigh 1."""

    @property
    def targets(self) -> int:
        """How many positions are learnt."""
        return int((self.targets_BT != IGNORED).sum())


def batch(rows: Sequence[Row], *, length: int) -> Batch:
    """The rows as arrays of one shape, whatever they hold.

    A target counts where the mask of its shard, if there is one, is 1 at the target, no tombstone
    covers it and it is not dropped as the goldfish loss drops. The last token of a document or a
    row has none.

    Raises:
        ValueError: where a row holds more than `length` tokens.
    """
    shape = (len(rows), length)
    made = Batch(
        tokens_BT=np.zeros(shape, np.int64),
        targets_BT=np.full(shape, IGNORED, np.int64),
        position_ids_BT=np.zeros(shape, np.int64),
        document_ids_BT=np.full(shape, PADDING, np.int64),
        weights_BT=np.ones(shape, np.float32) if any(row.opening for row in rows) else None,
    )
    for b, row in enumerate(rows):
        if sum(segment.length for segment in row.segments) > length:
            raise ValueError(f"row {b} of the batch holds more than {length} tokens")
        _lay(made, b, row)
    return made


def _lay(made: Batch, b: int, row: Row) -> None:
    at = 0
    for number, segment in enumerate(row.segments):
        here = slice(at, at + segment.length)
        there = slice(segment.start, segment.start + segment.length)
        tokens = row.shard.tokens[there].astype(np.int64)
        targets = tokens[1:]
        learnt = _learnt(row, segment)
        if learnt is not None:
            targets = np.where(learnt[1:], targets, IGNORED)
        if made.weights_BT is not None and learnt is not None and row.opening:
            made.weights_BT[b, at : at + segment.length - 1] = row.opening.weights(learnt)[1:]
        made.tokens_BT[b, here] = tokens
        made.targets_BT[b, at : at + segment.length - 1] = targets
        made.position_ids_BT[b, here] = np.arange(segment.length)
        made.document_ids_BT[b, here] = number
        at += segment.length


def _learnt(row: Row, segment: Segment) -> NDArray[np.bool_] | None:
    """Which tokens of a piece may be targets; None where all of them may."""
    shard, end = row.shard, segment.start + segment.length
    learnt = shard.learnt(segment.start, end)
    if row.goldfish is None or shard.mask is not None:
        return learnt
    # The piece may begin in the middle of its document, whose earlier tokens decide as well.
    first = max(int(shard.starts[segment.document]), segment.start - row.goldfish.context)
    kept = row.goldfish.kept(shard.tokens[first:end], segment.start - first)
    return kept if learnt is None else kept & learnt
