"""From pairs to clusters: union-find in one process, between maps.

The root of a cluster is always the best of its members, the one with the lowest (merit, row),
so the outcome does not depend on the order of the pairs. Memory: 8 bytes a document of the
domain at hand, 4 more where clusters are counted, and the merits of those that have a copy.
"""

import mmap
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from auroram.corpus.candidates import Candidates
from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.pairs import (
    KeyRange,
    band_ranges,
    digest_ranges,
    exact_pairs,
    near_pairs,
)
from auroram.corpus.row_files import write_rows
from auroram.ports import Engine
from auroram.records.canonical import Json
from auroram.records.done import working_path
from auroram.text.compiled import compiled

SIZE = np.dtype(np.int32)
_ROUND_ENDS = (2, 8)


def find_clusters(engine: Engine, domains: Sequence[Candidates], near: NearDuplicates) -> None:
    """Write `best.bin` (of equal texts), `roots.bin` (of clusters) and `sizes.bin` by domain.

    Bands come in rounds: what an early one joined, later ones need not compare again.
    """
    exact = {domain.domain: digest_ranges(domain, near) for domain in domains}
    _map(engine, exact_pairs, exact)
    for domain in domains:
        parents = np.arange(len(domain))
        _join(domain, parents, exact[domain.domain])
        write_rows(domain.folder / "best.bin", parents)
        write_rows(domain.folder / "roots.bin", parents)
    for bands in _rounds(near.bands):
        tasks = {domain.domain: band_ranges(domain, near, bands) for domain in domains}
        _map(engine, near_pairs, tasks)
        for domain in domains:
            parents = np.fromfile(domain.folder / "roots.bin", np.int64)
            _join(domain, parents, tasks[domain.domain])
            write_rows(domain.folder / "roots.bin", parents)
    for domain in domains:
        _write_sizes(domain)


def _rounds(bands: int) -> Iterable[range]:
    ends = [0, *(end for end in _ROUND_ENDS if end < bands), bands]
    return [range(start, end) for start, end in pairwise(ends)]


def _map(
    engine: Engine, function: Callable[[KeyRange], Json], tasks: Mapping[str, list[KeyRange]]
) -> None:
    for _ in engine.map(function, [task for some in tasks.values() for task in some]):
        continue


def _join(domain: Candidates, parents: NDArray[np.int64], tasks: Iterable[KeyRange]) -> None:
    merits = np.zeros(0, np.uint64)
    for task in tasks:
        pairs = np.load(task.out)
        if pairs.shape[1]:
            merits = merits if len(merits) else _merits(domain)
            _unite(parents, pairs, merits)
    _flatten(parents)


def _merits(domain: Candidates) -> NDArray[np.uint64]:
    """The merits of all candidates, from disk: only those looked at come into memory."""
    path = domain.folder / "merits.bin"
    if not path.exists():
        with working_path(path) as beside, beside.open("wb") as file:
            for part in domain.paths("merits.bin"):
                file.write(part.read_bytes())
    with path.open("rb") as file:
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint64)


@compiled
def _unite(
    parents: NDArray[np.int64], pairs: NDArray[np.int64], merits: NDArray[np.uint64]
) -> None:
    for k in range(pairs.shape[1]):
        left, right = _root(parents, pairs[0, k]), _root(parents, pairs[1, k])
        better = merits[left] < merits[right] or (merits[left] == merits[right] and left < right)
        if better:
            parents[right] = left
        else:
            parents[left] = right


@compiled
def _root(parents: NDArray[np.int64], row: int) -> int:
    """The best of the row's cluster; the way there is shortened in passing."""
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


@compiled
def _flatten(parents: NDArray[np.int64]) -> None:
    for row in range(len(parents)):
        parents[row] = _root(parents, row)


def _write_sizes(domain: Candidates) -> None:
    """Write how many candidates the cluster of each root has; 0 for others."""
    roots = np.fromfile(domain.folder / "roots.bin", np.int64)
    sizes = np.zeros(len(roots), SIZE)
    _count(roots, sizes)
    write_rows(domain.folder / "sizes.bin", sizes)


@compiled
def _count(roots: NDArray[np.int64], sizes: NDArray[np.int32]) -> None:
    for root in roots:
        sizes[root] += 1
