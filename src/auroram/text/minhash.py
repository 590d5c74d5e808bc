"""Near duplicates: which texts share most of their shingles, told from MinHash signatures.

Sources: Broder 1997 (resemblance); Leskovec, Rajaraman, Ullman 2020, chapter 3 (banding).
Two texts become candidates where a band of their signatures agrees, and duplicates where the
share of equal signature values reaches the similarity asked for; that share estimates the
Jaccard similarity of the shingle sets with a standard error of at most 0.5 / sqrt(hashes).
"""

import numpy as np
from numpy.typing import NDArray

from auroram.text.characters import mix
from auroram.text.compiled import compiled
from auroram.text.scan import FACTOR


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
