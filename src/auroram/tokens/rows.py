"""Cutting the documents of a domain into rows of a fixed number of tokens.

Two ways, both without state: a stream of text is cut wherever a row is full, and whole exchanges
are packed so that none is cut. A row is a list of pieces; what lies behind the last piece is
padding.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auroram.records.shards import Shard
from auroram.records.starts import Starts


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of one document in a row."""

    document: int
    """Index of the document in its shard."""
    start: int
    """First token of the piece, counted in the shard."""
    length: int
    """Tokens."""


class Rows(Protocol):
    """A domain as rows."""

    @property
    def count(self) -> int:
        """Number of rows."""
        ...

    @property
    def left_out_tokens(self) -> int:
        """Tokens that no row holds."""
        ...

    @property
    def left_out_documents(self) -> int:
        """Documents that no row holds, as they may not be cut and are longer."""
        ...

    def row(self, k: int) -> list[Segment]:
        """The pieces of row `k`, in order."""
        ...

    def holding(self, document: int) -> dict[int, int]:
        """The rows that hold a document, rising, and how many of its tokens each holds."""
        ...


def rows_of(shard: Shard, length: int) -> Rows:
    """Exchanges whole, where the shard has a mask of what to learn; any other text as a stream."""
    return Stream(shard.starts, length) if shard.mask is None else Whole(shard.starts, length)


class Stream:
    """Documents one after the other, cut every `length` tokens.

    The last row is kept where it is at least half full, or the only one. Found by binary
    search: nothing is stored per row or document, and the first row of a billion documents comes
    as fast as that of ten.
    """

    def __init__(self, starts: Starts | NDArray[np.int64], length: int) -> None:
        """`starts` holds the first token of each document, and the number of tokens at its end."""
        self._starts = starts
        self._length = length
        self._tokens = int(starts[-1])
        full, rest = divmod(self._tokens, length)
        self.count = full + (2 * rest >= length or (rest > 0 and not full))
        self.left_out_tokens = max(0, self._tokens - self.count * length)
        self.left_out_documents = 0

    def row(self, k: int) -> list[Segment]:
        """The pieces of row `k`, in order."""
        if not 0 <= k < self.count:
            raise IndexError(f"row {k} lies outside the {self.count} of the domain")
        start, end = k * self._length, min((k + 1) * self._length, self._tokens)
        first = bisect_right(self._starts, start) - 1
        last = bisect_left(self._starts, end)
        borders = [start, *map(int, self._starts[first + 1 : last]), end]
        return [
            Segment(first + n, here, after - here)
            for n, (here, after) in enumerate(pairwise(borders))
            if after > here
        ]

    def holding(self, document: int) -> dict[int, int]:
        """The rows that hold a document, rising, and how many of its tokens each holds."""
        start, end = int(self._starts[document]), int(self._starts[document + 1])
        rows = range(start // self._length, min(-(-end // self._length), self.count))
        return {
            k: min(end, (k + 1) * self._length) - max(start, k * self._length)
            for k in rows
            if end > start
        }


class Whole:
    """Documents packed whole: the longest first, each into the fullest row that has room.

    One longer than a row is left out and counted. Documents of one length keep their order. Packing
    looks at every document when it is made and holds a number for each: exchanges are few.

    Source: best fit decreasing; Johnson 1974, Fast Algorithms for Bin Packing.
    """

    def __init__(self, starts: Starts | NDArray[np.int64], length: int) -> None:
        """`starts` holds the first token of each document, and the number of tokens at its end."""
        self._starts = starts
        sizes = np.diff(starts[:])
        fits = sizes <= length
        self.left_out_documents = int((~fits).sum())
        self.left_out_tokens = int(sizes[~fits].sum())
        order = [int(d) for d in np.argsort(-sizes, kind="stable") if fits[d] and sizes[d]]
        self._packed = _best_fit(order, [int(size) for size in sizes], length)

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self._packed)

    def row(self, k: int) -> list[Segment]:
        """The pieces of row `k`, in order: whole documents."""
        return [
            Segment(d, int(self._starts[d]), int(self._starts[d + 1] - self._starts[d]))
            for d in self._packed[k]
        ]

    def holding(self, document: int) -> dict[int, int]:
        """The row that holds a document whole, if it is not too long for one."""
        found = (k for k, packed in enumerate(self._packed) if document in packed)
        row = next(found, None)
        return (
            {} if row is None else {row: int(self._starts[document + 1] - self._starts[document])}
        )


def _best_fit(order: Sequence[int], sizes: Sequence[int], length: int) -> list[list[int]]:
    """Documents by row. `room` lists (free tokens, row), sorted, so the first that fits is best."""
    packed: list[list[int]] = []
    room: list[tuple[int, int]] = []
    for document in order:
        size = sizes[document]
        found = bisect_left(room, (size, -1))
        if found == len(room):
            packed.append([])
            free, row = length, len(packed) - 1
        else:
            free, row = room.pop(found)
        packed[row].append(document)
        insort(room, (free - size, row))
    return packed
