"""Which documents are never trained on.

The decision falls by cluster, so that a cluster of near duplicates is wholly on one side. Ids are
digests, so the representatives with the lowest second halves of ids are a fair draw that does
not depend on the order of the input, and that hardly changes when documents are added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from auroram.corpus.candidates import Candidates

_BUCKETS = 1 << 16
_SHIFT = np.uint64(48)


def held_out_count(total: int, *, share: float, fewest: int) -> int:
    """How many of `total` documents are held out: a share, at least `fewest`, at most half.

    >>> held_out_count(1000, share=0.05, fewest=20), held_out_count(30, share=0.05, fewest=20)
    (50, 15)
    """
    return min(max(round(share * total), fewest), total // 2)


@dataclass(frozen=True, slots=True)
class Draw:
    """The held-out set of one domain: representatives up to this place in the order."""

    half: int
    """Second half of the id of the last one; -1 where none is held out."""
    row: int

    def holds(self, halves: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these representatives are held out."""
        if self.half < 0:
            return np.zeros(len(rows), np.bool_)
        last = np.uint64(self.half)
        return np.asarray((halves < last) | ((halves == last) & (rows <= self.row)), np.bool_)


def draw(candidates: Candidates, *, share: float, fewest: int) -> Draw:
    """Draw the held-out set.

    Two passes over the representatives: the first counts them in 65,536 buckets, the second
    sorts the one bucket where the set ends. Memory: 8 bytes a document of the largest prefix.
    """
    counts = np.zeros(_BUCKETS, np.int64)
    for halves, _ in _representatives(candidates):
        counts += np.bincount((halves >> _SHIFT).astype(np.int64), minlength=_BUCKETS)
    wanted = held_out_count(int(counts.sum()), share=share, fewest=fewest)
    if not wanted:
        return Draw(-1, -1)
    bucket = int(np.searchsorted(np.cumsum(counts), wanted))
    before = int(counts[:bucket].sum())
    found = [
        (int(half), int(row))
        for halves, rows in _representatives(candidates)
        for half, row in zip(*_within(halves, rows, bucket), strict=True)
    ]
    return Draw(*sorted(found)[wanted - before - 1])


def _representatives(
    candidates: Candidates,
) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Second halves of ids and rows of those that represent their cluster and stay, by prefix."""
    for prefix, (start, end) in enumerate(pairwise(candidates.starts)):
        rows = np.arange(start, end)
        stays = candidates.slice("roots.bin", np.dtype(np.int64), start, end) == rows
        stays &= ~candidates.taken_down(prefix)
        halves = np.fromfile(candidates.part(prefix) / "halves.bin", np.uint64)
        yield halves[stays], rows[stays]


def _within(
    halves: NDArray[np.uint64], rows: NDArray[np.int64], bucket: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    here = (halves >> _SHIFT) == bucket
    return halves[here], rows[here]
