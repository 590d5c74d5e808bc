"""A keyed order of range(n) that is computed, not stored.

A balanced Feistel network over the smallest even number of bits that holds n is a bijection of a
range up to four times as large; walking along its cycles until a value falls below n makes it one
of range(n).

Source: Black & Rogaway 2002, Ciphers with Arbitrary Finite Domains (CT-RSA), methods 2 and 3. We
need a good shuffle, not a cipher, so the round function is the finaliser of SplitMix64 (Steele et
al. 2014, Fast Splittable Pseudorandom Number Generators) in place of a block cipher.
"""

import json
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

ROUNDS = 6
"""Four suffice against an adversary without the key (Luby & Rackoff 1988); small n like more."""

Words = NDArray[np.uint64]


def key_of(*parts: str | int) -> int:
    """A 64-bit key for a list of names and numbers; unlike lists get unlike keys."""
    named = json.dumps(parts, ensure_ascii=True).encode()
    return int.from_bytes(blake2b(named, digest_size=8).digest(), "little")


def permuted(i: int, n: int, key: int) -> int:
    """Where the order that `key` names puts position `i` of range(n).

    >>> sorted(permuted(i, 5, key_of("a seed", 0)) for i in range(5))
    [0, 1, 2, 3, 4]
    """
    return int(permuted_array(np.array([i]), n, key)[0])


def permuted_array(i: NDArray[np.int64], n: int, key: int) -> NDArray[np.int64]:
    """`permuted` of every element.

    Args:
        i: positions in range(n), any shape.
        n: size of the range, from 1 to 2 to the power of 62.
        key: 64 bits, as `key_of` makes them.

    Raises:
        ValueError: where n is not positive or a position lies outside range(n).
    """
    if n < 1 or (i.size and not 0 <= int(i.min()) <= int(i.max()) < n):
        raise ValueError(f"positions to permute must lie in range(n) with n of at least 1 (n={n})")
    half_bits = max(1, ((n - 1).bit_length() + 1) // 2)
    keys = _round_keys(key)
    values = _feistel(i.astype(np.uint64).ravel(), half_bits, keys)
    outside = np.flatnonzero(values >= n)
    while outside.size:
        values[outside] = _feistel(values[outside], half_bits, keys)
        outside = outside[values[outside] >= n]
    return values.astype(np.int64).reshape(i.shape)


def place_of(value: int, n: int, key: int) -> int:
    """The position that `permuted` puts at `value`: its inverse, walked backwards.

    >>> [place_of(permuted(i, 5, 7), 5, 7) for i in range(5)]
    [0, 1, 2, 3, 4]

    Raises:
        ValueError: where n is not positive or the value lies outside range(n).
    """
    if not 0 <= value < n:
        raise ValueError(f"a permuted value must lie in range(n) (value={value}, n={n})")
    half_bits = max(1, ((n - 1).bit_length() + 1) // 2)
    keys = _round_keys(key)
    values = _unfeistel(np.array([value], np.uint64), half_bits, keys)
    while values[0] >= n:
        values = _unfeistel(values, half_bits, keys)
    return int(values[0])


def _round_keys(key: int) -> Words:
    steps = np.arange(1, ROUNDS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return _mixed(np.full(ROUNDS, key % 2**64, dtype=np.uint64) + steps)


def _feistel(values: Words, half_bits: int, keys: Words) -> Words:
    bits, low = np.uint64(half_bits), np.uint64(2**half_bits - 1)
    left, right = values >> bits, values & low
    for key in keys:
        left, right = right, left ^ (_mixed(right + key) & low)
    return (left << bits) | right


def _unfeistel(values: Words, half_bits: int, keys: Words) -> Words:
    bits, low = np.uint64(half_bits), np.uint64(2**half_bits - 1)
    left, right = values >> bits, values & low
    for key in keys[::-1]:
        left, right = right ^ (_mixed(left + key) & low), left
    return (left << bits) | right


def _mixed(words: Words) -> Words:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
