"""Pairs of candidates that say the same: maps over ranges of keys, each a bounded piece.

Exact copies share the digest of their text. Near copies share the key of a band, and then the
share of equal values of their signatures decides. Memory: the keys of one range, at most some
two million of them, and a few thousand signatures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.corpus.boilerplate import key_range, save
from auroram.corpus.candidates import Candidates
from auroram.corpus.duplicates import NearDuplicates
from auroram.records.canonical import Json
from auroram.records.done import once
from auroram.text.compiled import compiled

ROW = np.dtype(np.int64)
_RANGE = 1 << 19
_WINDOW = 8
"""Candidates of one bucket are compared with so many before them, which bounds the work."""
_COMPARED = 4096
"""Pairs whose signatures are in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRange:
    """A range of the digests, or of the keys of some bands, of one domain."""

    candidates: Candidates
    part: int
    parts: int
    bands: tuple[int, ...] = ()
    """None for digests."""
    near: NearDuplicates

    @property
    def out(self) -> Path:
        """Where the pairs are written."""
        name = f"bands-{self.bands[0]}" if self.bands else "digests"
        return self.candidates.folder / "pairs" / f"{name}-{self.part}.npy"


def digest_ranges(candidates: Candidates, near: NearDuplicates) -> list[KeyRange]:
    """Ranges that hold some half a million digests each."""
    parts = _parts(candidates)
    return [
        KeyRange(candidates=candidates, part=part, parts=parts, near=near) for part in range(parts)
    ]


def band_ranges(candidates: Candidates, near: NearDuplicates, bands: range) -> list[KeyRange]:
    """Ranges that hold some half a million keys each; of small domains several bands."""
    parts = _parts(candidates)
    width = max(1, _RANGE // max(1, len(candidates)))
    return [
        KeyRange(candidates=candidates, part=part, parts=parts, near=near, bands=tuple(some))
        for some in (bands[start : start + width] for start in range(0, len(bands), width))
        for part in range(parts)
    ]


def _parts(candidates: Candidates) -> int:
    return max(1, -(-len(candidates) // _RANGE))


def exact_pairs(task: KeyRange) -> Json:
    """Write (copy, the best of its equals) for each candidate that is not the best."""
    return once(task.out.with_suffix(".json"), lambda: _exact(task))


def _exact(task: KeyRange) -> Json:
    columns = _columns(task, _tables(task, "contents.npy"))
    columns = columns[:, np.lexsort((columns[3], columns[2], columns[1], columns[0]))]
    fresh = np.ones(columns.shape[1], np.bool_)
    fresh[1:] = (columns[:2, 1:] != columns[:2, :-1]).any(axis=0)
    rows = columns[3].astype(np.int64)
    best = rows[fresh][np.cumsum(fresh) - 1] if len(rows) else rows
    save(task.out, np.stack([rows[~fresh], best[~fresh]]))
    return {"pairs": int((~fresh).sum())}


def near_pairs(task: KeyRange) -> Json:
    """Write pairs of near copies that are not yet known to belong together.

    Reads `best.bin` and `roots.bin` as they are when the band's turn comes.
    """
    return once(task.out.with_suffix(".json"), lambda: _near(task))


def _near(task: KeyRange) -> Json:
    tables = _tables(task, "bands.npy")
    found = [np.zeros((2, 0), np.int64)]
    for band in task.bands:
        columns = _columns(task, [table[band] for table in tables])
        found += _alike(task, _bucket_pairs(task, columns))
    pairs = np.concatenate(found, axis=1)
    save(task.out, pairs)
    return {"pairs": pairs.shape[1]}


def _bucket_pairs(task: KeyRange, columns: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Pairs of one band that share a key and are not yet known to belong together."""
    keys, numbers = columns
    rows = numbers.astype(np.int64)
    first = task.candidates.column("best.bin", ROW)[rows] == rows
    keys, rows = keys[first], rows[first]
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    return _window_pairs(keys, rows, task.candidates.column("roots.bin", ROW)[rows])


def _alike(task: KeyRange, pairs: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    hashes = task.near.hashes
    needed = int(np.ceil(task.near.similarity * hashes - 1e-9))
    signatures = task.candidates.rows("signatures.bin", np.dtype((np.void, 4 * hashes)))
    for start in range(0, pairs.shape[1], _COMPARED):
        some = pairs[:, start : start + _COMPARED]
        left, right = (_values(signatures.take(rows), hashes) for rows in some)
        yield some[:, np.count_nonzero(left == right, axis=1) >= needed]


def _values(rows: NDArray[np.void], hashes: int) -> NDArray[np.uint32]:
    return np.frombuffer(rows.tobytes(), np.uint32).reshape(len(rows), hashes)


def _tables(task: KeyRange, name: str) -> list[NDArray[np.uint64]]:
    return [np.load(path, mmap_mode="r") for path in task.candidates.paths(name)]


def _columns(task: KeyRange, tables: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """The range's columns from the tables of all prefixes, with rows of the whole domain."""
    pieces = []
    for table, start in zip(tables, task.candidates.starts, strict=False):
        piece = np.array(key_range(table, task.part, task.parts))
        piece[-1] += np.uint64(start)
        pieces.append(piece)
    return np.concatenate(pieces, axis=1)


def _window_pairs(
    keys: NDArray[np.uint64], rows: NDArray[np.int64], roots: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows with equal keys and different roots, at most `_WINDOW` places apart."""
    pairs = np.empty((2, _fill_pairs(keys, rows, roots, np.empty((2, 0), np.int64))), np.int64)
    _fill_pairs(keys, rows, roots, pairs)
    return pairs


@compiled
def _fill_pairs(
    keys: NDArray[np.uint64],
    rows: NDArray[np.int64],
    roots: NDArray[np.int64],
    pairs: NDArray[np.int64],
) -> int:
    """Write as many pairs as there is room for; returns how many there are."""
    found = 0
    for i in range(1, len(keys)):
        for j in range(i - 1, max(-1, i - 1 - _WINDOW), -1):
            if keys[j] != keys[i]:
                break
            if roots[j] != roots[i]:
                if found < pairs.shape[1]:
                    pairs[0, found], pairs[1, found] = rows[j], rows[i]
                found += 1
    return found
