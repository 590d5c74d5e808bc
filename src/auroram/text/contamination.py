"""Which passages of some texts stand in other texts too: windows of units, hashed and looked up.

A window holds 13 words, or 50 characters of a script written without spaces, or a mixture of the
two (a word weighs 1/13 of a window, such a character 1/50). Case, punctuation, spaces and
invisible characters do not matter; letters keep their marks, so a Hindi vowel or a Vietnamese tone
does. Each unit of a text begins a window, as long as there is enough text behind it.

Source of 13 words: Brown et al. 2020 (GPT-3), arXiv:2005.14165, appendix C. 50 characters:
OpenAI 2023 (GPT-4), arXiv:2303.08774, appendix C, which takes them in every script.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import (
    DIGIT,
    HAN,
    INVISIBLE,
    KATAKANA,
    LETTER,
    PAIRED,
    decode,
    mix,
    tables,
)
from auroram.text.compiled import compiled

_BASE = 0x9E3779B97F4A7C15
_BITS_A_KEY = 16
_COLUMNS = 6
_TEXT, _HASH, _FIRST, _LAST, _START, _END = range(_COLUMNS)

_Scratch = tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]
"""Of each unit of a text: its hash, its first byte, one past its last, whether it is a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How long a window is."""

    words: int = 13
    characters: int = 50
    """Of scripts without spaces."""
    weight: int = 0
    """Of a window, where a word weighs `characters` and a character `words`: 0 for the full
    weight, which is that of both lengths above."""

    @property
    def full_weight(self) -> int:
        """Of `words` words or `characters` characters."""
        return self.words * self.characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Windows of a buffer's texts, one row each, in order."""

    text: NDArray[np.int64]
    """Number of the text."""
    fingerprint: NDArray[np.uint64]
    """Equal for equal windows; stable between machines."""
    first: NDArray[np.int64]
    """The window's first unit, counted in its text."""
    last: NDArray[np.int64]
    start: NDArray[np.int64]
    """First byte, counted in the text."""
    end: NDArray[np.int64]
    """One past the last byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Windows to look for. Make one with `sought`."""

    fingerprints: NDArray[np.uint64]
    """Distinct, rising."""
    sieve: NDArray[np.uint64]
    """A bit for each slot of a hash that some fingerprint falls into: most others are told by it
    without a search."""
    windows: Windows


WINDOWS = Windows()
"""The field's lengths."""


def sought(fingerprints: NDArray[np.uint64], windows: Windows = WINDOWS) -> Sought:
    """What `found_in` looks for; 10 to 12 bytes of memory for each distinct window."""
    distinct = np.unique(fingerprints)
    slots = 64
    while slots < _BITS_A_KEY * len(distinct):
        slots *= 2
    sieve = np.zeros(slots // 64, np.uint64)
    places = distinct & np.uint64(slots - 1)
    bits = np.uint64(1) << (places & np.uint64(63))
    np.bitwise_or.at(sieve, (places >> np.uint64(6)).astype(np.int64), bits)
    return Sought(fingerprints=distinct, sieve=sieve, windows=windows)


def windows_of(buffer: Buffer, windows: Windows = WINDOWS) -> Places:
    """Every window of every text."""
    every = np.full(1, ~np.uint64(0))  # a sieve that lets all pass, before no list
    return _places(buffer, (np.zeros(0, np.uint64), every), windows)


def found_in(buffer: Buffer, wanted: Sought) -> Places:
    """The windows of the texts that are sought.

    One pass. Memory: 17 bytes for each byte of the longest text, and 48 for each window found.
    """
    if not len(wanted.fingerprints):
        return _rows(np.zeros((0, _COLUMNS), np.int64))
    return _places(buffer, (wanted.fingerprints, wanted.sieve), wanted.windows)


def weights_of(buffer: Buffer, windows: Windows = WINDOWS) -> NDArray[np.int64]:
    """What each text weighs, as `Windows.weight` counts."""
    weights = np.zeros(len(buffer), np.int64)
    lookup = (tables().classes, tables().lower)
    _weigh((buffer.data, buffer.offsets), lookup, (windows.characters, windows.words), weights)
    return weights


def joined(parts: Sequence[Places]) -> Places:
    """The rows of several, one after another."""
    columns = {
        one.name: np.concatenate([getattr(part, one.name) for part in parts])
        for one in fields(Places)
    }
    return Places(**columns)


def _places(
    buffer: Buffer, index: tuple[NDArray[np.uint64], NDArray[np.uint64]], windows: Windows
) -> Places:
    lookup = (tables().classes, tables().lower)
    # A word and an unspaced character weigh what the other's window holds: both windows weigh
    # the product.
    whole = windows.weight or windows.full_weight
    weights = (windows.characters, windows.words, whole)
    rows = np.empty((1 << 12, _COLUMNS), np.int64)
    count = _scan((buffer.data, buffer.offsets), lookup, index, weights, rows)
    if count > len(rows):
        rows = np.empty((count, _COLUMNS), np.int64)
        _scan((buffer.data, buffer.offsets), lookup, index, weights, rows)
    return _rows(rows[:count])


def _rows(rows: NDArray[np.int64]) -> Places:
    columns = np.ascontiguousarray(rows.T)
    return Places(
        text=columns[_TEXT],
        fingerprint=columns[_HASH].view(np.uint64),
        first=columns[_FIRST],
        last=columns[_LAST],
        start=columns[_START],
        end=columns[_END],
    )


@compiled
def _scan(
    texts: tuple[NDArray[np.uint8], NDArray[np.int64]],
    lookup: tuple[NDArray[np.uint8], NDArray[np.int32]],
    index: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    weights: tuple[int, int, int],
    rows: NDArray[np.int64],
) -> int:
    """Write the windows that are in the index, as far as there is room; returns how many."""
    data, offsets = texts
    scratch = _scratch(offsets)
    powers = np.ones(max(weights[0], weights[1]) + 2, np.uint64)
    for n in range(1, len(powers)):
        powers[n] = powers[n - 1] * np.uint64(_BASE)
    count = 0
    for text in range(len(offsets) - 1):
        units = _cut(data[offsets[text] : offsets[text + 1]], lookup, scratch)
        before = min(count, len(rows))
        count += _slide(units, scratch, (powers, weights), index, rows[before:])
        rows[before : min(count, len(rows)), _TEXT] = text
    return count


@compiled
def _scratch(offsets: NDArray[np.int64]) -> _Scratch:
    """Room for the units of the longest text."""
    longest = 1
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    return (
        np.empty(longest, np.uint64),
        np.empty(longest, np.int32),
        np.empty(longest, np.int32),
        np.empty(longest, np.bool_),
    )


@compiled
def _weigh(
    texts: tuple[NDArray[np.uint8], NDArray[np.int64]],
    lookup: tuple[NDArray[np.uint8], NDArray[np.int32]],
    weights: tuple[int, int],
    sums: NDArray[np.int64],
) -> None:
    """Write what the units of each text weigh together."""
    data, offsets = texts
    scratch = _scratch(offsets)
    for text in range(len(offsets) - 1):
        units = _cut(data[offsets[text] : offsets[text + 1]], lookup, scratch)
        for unit in range(units):
            sums[text] += weights[0] if scratch[3][unit] else weights[1]


@compiled
def _cut(
    data: NDArray[np.uint8],
    lookup: tuple[NDArray[np.uint8], NDArray[np.int32]],
    scratch: _Scratch,
) -> int:
    """Put the units of a text into `scratch`; returns how many."""
    classes, lower = lookup
    hashes, starts, ends, words = scratch
    units, i = 0, 0
    word, in_word = np.uint64(0), False
    while i < len(data):
        here = i
        code_point, i = decode(data, i)
        kind = int(classes[code_point])
        if kind == INVISIBLE:
            continue
        in_letters = kind in (LETTER, DIGIT)
        if in_word and not in_letters:
            hashes[units], words[units] = mix(word), True
            units, in_word = units + 1, False
        if in_letters:
            if not in_word:
                word, in_word, starts[units] = np.uint64(0), True, here
            word = (word ^ np.uint64(lower[code_point])) * np.uint64(_BASE)
            word ^= word >> np.uint64(29)
            ends[units] = i
        elif kind in (HAN, PAIRED, KATAKANA):
            hashes[units] = mix(np.uint64(lower[code_point]) + np.uint64(_BASE))
            starts[units], ends[units], words[units] = here, i, False
            units += 1
    if in_word:
        hashes[units], words[units] = mix(word), True
        units += 1
    return units


@compiled
def _slide(
    units: int,
    scratch: _Scratch,
    measure: tuple[NDArray[np.uint64], tuple[int, int, int]],
    index: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    rows: NDArray[np.int64],
) -> int:
    """Look up every window of a text, with a hash that takes in one unit and lets go of one."""
    hashes, starts, ends, words = scratch
    powers, (of_word, of_character, whole) = measure
    keys, sieve = index
    slots = np.uint64(64 * len(sieve) - 1)
    found, first, weight, word = 0, 0, 0, np.uint64(0)
    for last in range(units):
        word = word * np.uint64(_BASE) + hashes[last]
        weight += of_word if words[last] else of_character
        while first <= last and weight >= whole:
            key = mix(word)
            place = key & slots
            known = sieve[place >> np.uint64(6)] >> (place & np.uint64(63)) & np.uint64(1)
            if known and (len(keys) == 0 or _holds(keys, key)):
                if found < len(rows):
                    row = rows[found]
                    row[_HASH], row[_FIRST], row[_LAST] = key, first, last
                    row[_START], row[_END] = starts[first], ends[last]
                found += 1
            weight -= of_word if words[first] else of_character
            word -= hashes[first] * powers[last - first]
            first += 1
    return found


@compiled
def _holds(keys: NDArray[np.uint64], key: np.uint64) -> bool:
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low < len(keys) and keys[low] == key
