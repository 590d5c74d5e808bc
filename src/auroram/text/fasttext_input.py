"""FastText's first layer: the mean of the vectors of a text's words and their n-grams."""

import numpy as np
from numpy.typing import NDArray

from auroram.text.compiled import compiled

_Words = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32], int]
_Grams = tuple[NDArray[np.int32], NDArray[np.uint8], int, int]
Vectors = tuple[_Words, _Grams, NDArray[np.float32]]
"""The words (bytes, starts, hash slots, the line end's number), the n-grams (row of each bucket,
bits of those that are there, shortest, longest) and the rows that both point to."""
Known = tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.float32]]
"""Words met lately: hash, number of vectors, their sum."""

_OFFSET, _PRIME = np.uint32(2166136261), np.uint32(16777619)
_WIDE_OFFSET, _WIDE_PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
_SIGN = np.uint32(0xFFFFFF00)
_BEGIN, _FINISH = np.uint8(60), np.uint8(62)  # "<" and ">", which stand around a word
_KNOWN = 8192
"""Words whose sums of vectors are kept at hand: text says the same words over and over."""


@compiled
def nothing_known(width: int) -> Known:
    """Room for the words to come, whose vectors have so many numbers."""
    keys, counts = np.zeros(_KNOWN, np.uint64), np.zeros(_KNOWN, np.int32)
    return keys, counts, np.zeros((_KNOWN, width), np.float32)


@compiled
def embed(
    text: NDArray[np.uint8], vectors: Vectors, known: Known, hidden: NDArray[np.float32]
) -> None:
    """The mean of the vectors of a text's words and n-grams."""
    hidden[:] = 0.0
    inputs = _gather(text, vectors, known, hidden)
    if inputs:
        hidden /= np.float32(inputs)


@compiled
def _gather(
    text: NDArray[np.uint8], vectors: Vectors, known: Known, hidden: NDArray[np.float32]
) -> int:
    """Adds up the vectors of a text's words and n-grams; returns how many there were."""
    keys, counts, sums = known
    inputs, i, width = 0, 0, len(hidden)
    while i < len(text):
        start, key = i, _WIDE_OFFSET
        while i < len(text) and not _separates(text[i]):
            key = (key ^ np.uint64(text[i])) * _WIDE_PRIME
            i += 1
        if i > start:
            slot = np.int64((key ^ (key >> np.uint64(29))) & np.uint64(_KNOWN - 1))
            if keys[slot] != key:
                keys[slot] = key
                counts[slot] = _sum_word(text[start:i], vectors, sums[slot])
            for d in range(width):
                hidden[d] += sums[slot, d]
            inputs += int(abs(counts[slot]))
            if counts[slot] < 0:
                return inputs
        i += 1
    end = vectors[0][3]
    if end >= 0:
        for d in range(width):
            hidden[d] += vectors[2][end, d]
        inputs += 1
    return inputs


@compiled
def _separates(byte: int) -> bool:
    return byte in (0, 32) or 9 <= byte <= 13


@compiled
def _sum_word(word: NDArray[np.uint8], vectors: Vectors, total: NDArray[np.float32]) -> int:
    """Sums up one word's vectors; their number, negative where the word ends a line."""
    words, grams, rows = vectors
    total[:] = 0.0
    number = _number(word, words)
    inputs = 0
    if number >= 0:
        total += rows[number]
        inputs = 1
        if number == words[3]:
            return -1
    if grams[3]:
        bracketed = np.empty(len(word) + 2, np.uint8)
        bracketed[0], bracketed[1:-1], bracketed[-1] = _BEGIN, word, _FINISH
        inputs += _sum_grams(bracketed, grams, rows, total)
    return inputs


@compiled
def _hashed(value: np.uint32, byte: np.uint8) -> np.uint32:
    signed = np.uint32(byte) | _SIGN if byte > 127 else np.uint32(byte)
    return np.uint32((value ^ signed) * _PRIME)


@compiled
def _number(word: NDArray[np.uint8], words: _Words) -> int:
    data, starts, slots, _ = words
    value = _OFFSET
    for byte in word:
        value = _hashed(value, byte)
    mask = len(slots) - 1
    slot = np.int64(value) & mask
    while slots[slot] >= 0:
        number = slots[slot]
        start, end = starts[number], starts[number + 1]
        if end - start == len(word):
            i = 0
            while i < len(word) and data[start + i] == word[i]:
                i += 1
            if i == len(word):
                return int(number)
        slot = (slot + 1) & mask
    return -1


@compiled
def _sum_grams(
    word: NDArray[np.uint8],
    grams: _Grams,
    rows: NDArray[np.float32],
    total: NDArray[np.float32],
) -> int:
    gram_rows, present, shortest, longest = grams
    inputs, width, buckets = 0, len(total), np.uint32(len(gram_rows))
    for start in range(len(word)):
        if word[start] & 0xC0 == 0x80:
            continue
        value, i, size = _OFFSET, start, 0
        while i < len(word) and size < longest:
            value = _hashed(value, word[i])
            i += 1
            while i < len(word) and word[i] & 0xC0 == 0x80:
                value = _hashed(value, word[i])
                i += 1
            size += 1
            alone = size == 1 and (start == 0 or i == len(word))
            if size >= shortest and not alone:
                bucket = value % buckets
                if present[bucket >> np.uint32(3)] >> (bucket & np.uint32(7)) & 1:
                    row = gram_rows[bucket]
                    for d in range(width):
                        total[d] += rows[row, d]
                    inputs += 1
    return inputs
