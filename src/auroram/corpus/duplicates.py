"""Which documents of a domain say the same thing, and which one of them stays.

Memory: for each document that passed the filters its signature (4 bytes a hash), its id (32
bytes) and about 60 bytes beside; 112 hashes make about 0.55 GB a million documents.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.settings import Positive, Share, settings
from auroram.text.minhash import near_duplicate_groups


@settings
class NearDuplicates:
    """When two documents of a domain are nearly the same."""

    similarity: Share = 0.7
    """Estimated Jaccard similarity of their shingles from which on only one is kept."""
    shingle: Positive = 5
    """Units (words, in spaced scripts) in a shingle."""
    bands: Positive = 28
    """Parts of a signature; documents are compared where at least one part agrees."""
    rows: Positive = 4
    """Hashes in a band. With 28 bands of 4, a pair at 0.7 is compared with probability 0.9995."""

    @property
    def hashes(self) -> int:
        """Values in a signature."""
        return self.bands * self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The documents of a domain that passed every filter, sorted by id; one row each."""

    ids: NDArray[np.bytes_]
    contents: NDArray[np.bytes_]
    """Digest of the text; equal for equal texts."""
    lengths: NDArray[np.int64]
    """Bytes of text."""
    signatures: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Each candidate's cluster, as the row of the document that represents it."""

    representative: NDArray[np.int64]
    exact: NDArray[np.int64]
    """The row of the first document with the same text; the row itself where it is the first."""
    size: NDArray[np.int64]
    """Documents in the cluster."""


def clusters_of(candidates: Candidates, settings: NearDuplicates) -> Clusters:
    """Group exact copies, then near copies; the longest represents, the lowest id among equals."""
    rows = np.arange(len(candidates.ids))
    exact = _first_of_equals(candidates.contents)
    groups = exact.copy()
    first = np.flatnonzero(exact == rows)
    near = near_duplicate_groups(
        candidates.signatures[first], bands=settings.bands, similarity=settings.similarity
    )
    groups[first] = first[near]
    groups = groups[exact]
    representative = _longest(groups, candidates.lengths)
    sizes = np.bincount(representative, minlength=len(rows))
    return Clusters(representative=representative, exact=exact, size=sizes[representative])


def _first_of_equals(contents: NDArray[np.bytes_]) -> NDArray[np.int64]:
    _, first, inverse = np.unique(contents, return_index=True, return_inverse=True)
    return np.asarray(first[inverse.reshape(-1)], np.int64)


def _longest(groups: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.arange(len(groups))
    order = np.lexsort((rows, -lengths, groups))
    starts = np.ones(len(groups), np.bool_)
    starts[1:] = np.diff(groups[order]) > 0
    best = np.zeros(len(groups), np.int64)
    best[groups[order][starts]] = order[starts]
    return best[groups]
