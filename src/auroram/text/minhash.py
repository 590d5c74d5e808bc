"""Near duplicates: which texts share most of their shingles, told from MinHash signatures.

Sources: Broder 1997 (resemblance); Leskovec, Rajaraman, Ullman 2020, chapter 3 (banding).
Two texts become candidates where a band of their signatures agrees, and duplicates where the
share of equal signature values reaches the similarity asked for; that share estimates the
Jaccard similarity of the shingle sets with a standard error of at most 0.5 / sqrt(hashes).
"""

import numpy as np
from numpy.typing import NDArray

from auroram.text.characters import absorb, mix
from auroram.text.compiled import compiled
from auroram.text.scan import FACTOR

_NO_UNIT = 0xFFFFFFFF
_WINDOW = 8
"""Texts of one band bucket are compared with so many before them, which bounds the work."""


@compiled
def sign(hashes: NDArray[np.uint64], shingle: int, signature: NDArray[np.uint32]) -> None:
    """Lower each value to the least that its hash function takes over the shingles.

    A shingle is a run of so many units; a shorter text is one shingle. Hash function `k` mixes
    `a + k b`, where `a` and `b` are the halves of the shingle's own hash.
    """
    length = min(shingle, len(hashes))
    for start in range(len(hashes) - length + 1 if length else 0):
        word = np.uint64(length)
        for i in range(start, start + length):
            word = word * FACTOR + hashes[i]
        word = mix(word)
        _lower(np.uint32(word), np.uint32(word >> np.uint64(32)) | np.uint32(1), signature)


@compiled
def _lower(low: np.uint32, high: np.uint32, signature: NDArray[np.uint32]) -> None:
    # Every step is brought back to 32 bits, so that one instruction does 8 or 16 functions.
    for k in range(len(signature)):
        value = np.uint32(low + np.uint32(np.uint32(k) * high))
        value = np.uint32(value ^ (value >> np.uint32(15)))
        value = np.uint32(value * np.uint32(0x2C1B3C6D))
        value = np.uint32(value ^ (value >> np.uint32(12)))
        signature[k] = min(signature[k], value)


def estimated_similarity(left: NDArray[np.uint32], right: NDArray[np.uint32]) -> float:
    """Share of equal values: an unbiased estimate of the shingle sets' Jaccard similarity."""
    return float(np.mean(left == right))


def near_duplicate_groups(
    signatures: NDArray[np.uint32], *, bands: int, similarity: float
) -> NDArray[np.int64]:
    """For each text the lowest row of its group; a text alone is its own group.

    Groups are the connected components of the duplicate pairs. The rows' order decides only
    which pairs of a very large bucket are compared, so sort rows by something stable.

    Args:
        signatures: shape (texts, hashes); `hashes` must be a multiple of `bands`.
        bands: equal parts of a signature, any one of which must agree.
        similarity: share of equal values from which two texts are duplicates, in [0, 1].
    """
    parents = np.arange(len(signatures))
    with_units = np.flatnonzero((signatures != _NO_UNIT).any(axis=1))
    rows = signatures.shape[1] // bands
    needed = int(np.ceil(similarity * signatures.shape[1] - 1e-9))
    for band in range(bands):
        keys = _band_keys(signatures, band * rows, rows)[with_units]
        order = with_units[np.argsort(keys, kind="stable")]
        _join(order, np.sort(keys, kind="stable"), signatures, needed, parents)
    return np.array([_root(parents, row) for row in range(len(parents))], np.int64)


@compiled
def _band_keys(signatures: NDArray[np.uint32], first: int, rows: int) -> NDArray[np.uint64]:
    keys = np.zeros(len(signatures), np.uint64)
    for text in range(len(signatures)):
        word = np.uint64(first)
        for k in range(first, first + rows):
            word = absorb(word, np.uint64(signatures[text, k]))
        keys[text] = word
    return keys


@compiled
def _join(
    order: NDArray[np.int64],
    keys: NDArray[np.uint64],
    signatures: NDArray[np.uint32],
    needed: int,
    parents: NDArray[np.int64],
) -> None:
    for i in range(1, len(order)):
        for j in range(i - 1, max(-1, i - 1 - _WINDOW), -1):
            if keys[j] != keys[i]:
                break
            left, right = _root(parents, order[j]), _root(parents, order[i])
            if left == right:
                continue
            if np.count_nonzero(signatures[order[j]] == signatures[order[i]]) >= needed:
                parents[max(left, right)] = min(left, right)


@compiled
def _root(parents: NDArray[np.int64], row: int) -> int:
    """The group's lowest row; the way there is shortened in passing."""
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row
