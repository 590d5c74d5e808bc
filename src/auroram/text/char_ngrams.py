"""Hashed character n-grams and a linear model on them: the compiled kernels.

A text is read as folded characters: lower case, every digit a 0, blank space one space, a space
before and after. Each run of `shortest` to `longest` characters falls into one of 2**bits buckets,
whose weights add up. Their sum over the m runs of a text is divided by m / sqrt(min(m, 4096)): for
a short text that is close to a vector of length one, and a long one is judged by its average, so
that it does not grow surer by its length alone.

Source: hashing as in Weinberger et al. 2009, arXiv:0902.2206, without their sign hash; training by
AdaGrad, Duchi et al. 2011, JMLR 12, one example at a time.
"""

import numpy as np
from numpy.typing import NDArray

from auroram.text.characters import DIGIT, INVISIBLE, NEWLINE, SPACE, decode
from auroram.text.compiled import compiled

_MOST_RUNS = 4096.0
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Texts = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Bytes and offsets, as in `text.buffers`."""
Lookup = tuple[NDArray[np.uint8], NDArray[np.int32]]
"""Class and lower case by code point, as in `text.characters`."""
Shape = tuple[int, int, int]
"""`shortest`, `longest` and `bits`."""


@compiled
def margins(
    texts: Texts,
    lookup: Lookup,
    shape: Shape,
    weights: NDArray[np.float32],
    out: NDArray[np.float64],
) -> None:
    """Add each text's weighted sum to `out`, shape (texts, columns).

    Args:
        texts: valid UTF-8.
        lookup: tables by code point.
        shape: of the n-grams.
        weights: shape (2**bits, columns).
        out: what the sums are added to: the biases.
    """
    data, offsets = texts
    characters = np.empty(_longest(offsets) + 2, np.int32)
    for text in range(len(offsets) - 1):
        n = _characters(data[offsets[text] : offsets[text + 1]], lookup, characters)
        runs = runs_of(n, shape)
        if runs:
            _add_weights(characters[:n], shape, weights, out[text], scale_of(runs))


@compiled
def fit(
    texts: Texts,
    lookup: Lookup,
    shape: Shape,
    learning: tuple[NDArray[np.float32], NDArray[np.int64], float],
    model: tuple[NDArray[np.float32], NDArray[np.float64]],
) -> None:
    """Move the model along the logistic loss of one text after another.

    Args:
        texts: valid UTF-8.
        lookup: tables by code point.
        shape: of the n-grams.
        learning: wanted answers in {0, 1}, shape (texts, columns); the order of the texts; the
            step size.
        model: weights, shape (2**bits, columns), and biases, shape (columns,), changed in place.
    """
    data, offsets = texts
    wanted, order, rate = learning
    weights, biases = model
    squares = np.full(weights.shape, np.float32(1e-3))
    characters = np.empty(_longest(offsets) + 2, np.int32)
    margin = np.empty(len(biases))
    for text in order:
        n = _characters(data[offsets[text] : offsets[text + 1]], lookup, characters)
        runs = runs_of(n, shape)
        if runs:
            margin[:] = biases
            scale = scale_of(runs)
            _add_weights(characters[:n], shape, weights, margin, scale)
            slope = 1 / (1 + np.exp(-margin)) - wanted[text]
            biases -= 0.1 * rate * slope
            _move(characters[:n], shape, (weights, squares), slope * scale, rate)


@compiled
def runs_of(characters: int, shape: Shape) -> int:
    """How many n-grams a text of so many folded characters has."""
    runs = 0
    for length in range(shape[0], shape[1] + 1):
        runs += max(0, characters - length + 1)
    return runs


@compiled
def scale_of(runs: int) -> float:
    """What the sum over so many n-grams is multiplied by."""
    return float(np.sqrt(min(runs, _MOST_RUNS)) / runs)


@compiled
def _longest(offsets: NDArray[np.int64]) -> int:
    longest = 0
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    return int(longest)


@compiled
def _characters(data: NDArray[np.uint8], lookup: Lookup, out: NDArray[np.int32]) -> int:
    """Write the folded characters into `out`; returns how many, 0 for a text of blanks."""
    classes, lower = lookup
    out[0] = 32
    i, n = 0, 1
    while i < len(data):
        code_point, i = decode(data, i)
        kind = classes[code_point]
        if kind == INVISIBLE:
            continue
        folded = lower[code_point]
        if kind in (SPACE, NEWLINE):
            folded = 32
        elif kind == DIGIT:
            folded = 48
        if folded != 32 or out[n - 1] != 32:
            out[n] = folded
            n += 1
    if out[n - 1] != 32:
        out[n] = 32
        n += 1
    return n if n > 1 else 0


@compiled
def _add_weights(
    characters: NDArray[np.int32],
    shape: Shape,
    weights: NDArray[np.float32],
    out: NDArray[np.float64],
    scale: float,
) -> None:
    shortest, longest, bits = shape
    shift = np.uint64(64 - bits)
    if weights.shape[1] == 1:
        # Most models have one column; without the inner loop they take half the time.
        one, total = weights[:, 0], 0.0
        for end in range(len(characters)):
            word = np.uint64(0)
            for back in range(min(longest, end + 1)):
                word = (word ^ np.uint64(characters[end - back] + 1)) * _FACTOR
                if back + 1 >= shortest:
                    total += one[word >> shift]
        out[0] += scale * total
        return
    for end in range(len(characters)):
        word = np.uint64(0)
        for back in range(min(longest, end + 1)):
            word = (word ^ np.uint64(characters[end - back] + 1)) * _FACTOR
            if back + 1 >= shortest:
                for column in range(weights.shape[1]):
                    out[column] += scale * weights[word >> shift, column]


@compiled
def _move(
    characters: NDArray[np.int32],
    shape: Shape,
    state: tuple[NDArray[np.float32], NDArray[np.float32]],
    slope: NDArray[np.float64],
    rate: float,
) -> None:
    """One step of AdaGrad down the slope for every n-gram of a text."""
    shortest, longest, bits = shape
    weights, squares = state
    shift = np.uint64(64 - bits)
    for end in range(len(characters)):
        word = np.uint64(0)
        for back in range(min(longest, end + 1)):
            word = (word ^ np.uint64(characters[end - back] + 1)) * _FACTOR
            if back + 1 >= shortest:
                bucket = word >> shift
                for column in range(weights.shape[1]):
                    squares[bucket, column] += np.float32(slope[column] * slope[column])
                    step = rate * slope[column] / np.sqrt(squares[bucket, column])
                    weights[bucket, column] -= np.float32(step)
