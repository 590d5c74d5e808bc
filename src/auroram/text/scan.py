"""Decoding a text once, into characters and their kinds, and cutting these into units.

Everything else reads what is found here and never the bytes. A unit is what `units` says; its
hash is a polynomial of its lower-case characters, mixed so that each of its bits can be trusted.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auroram.text.characters import (
    DIGIT,
    HAN,
    INVISIBLE,
    KATAKANA,
    LETTER,
    OTHER,
    PAIRED,
    SYMBOL,
    Tables,
    decode,
    mix,
)
from auroram.text.compiled import compiled
from auroram.text.tallies import DIGITS, LETTERED, LETTERS, SYMBOLS, UNIT_CHARACTERS, UNITS

FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Base of the polynomials: 2**64 over the golden ratio, odd."""


class Characters(NamedTuple):
    """Room for the characters of a text; invisible ones are left out."""

    codes: NDArray[np.int32]
    kinds: NDArray[np.uint8]


class Symbols(NamedTuple):
    """Room for the symbols of a text, one entry each."""

    places: NDArray[np.int32]
    """Index of the character."""
    units: NDArray[np.int32]
    """How many units come before it."""


class Units(NamedTuple):
    """Room for the units of a text, one entry each."""

    hashes: NDArray[np.uint64]
    before: NDArray[np.int32]
    """Characters in all units before this one; one more entry than there are units."""
    places: NDArray[np.int32]
    """Index of the unit's first character."""
    flags: NDArray[np.uint8]
    """Bits that say which built-in word list the unit starts an entry of."""


class Lookup(NamedTuple):
    """The tables of `characters` that kernels read."""

    classes: NDArray[np.uint8]
    lower: NDArray[np.int32]
    marks: NDArray[np.uint8]


def lookup_of(tables: Tables) -> Lookup:
    """What kernels read of the tables."""
    return Lookup(classes=tables.classes, lower=tables.lower, marks=tables.marks)


class Scan(NamedTuple):
    """Room for what is found in one text."""

    characters: Characters
    symbols: Symbols
    units: Units


def room_for(size: int) -> Scan:
    """Room for any text of so many bytes: each unit takes two, with what parts it from the next."""
    return Scan(
        characters=Characters(np.empty(size + 1, np.int32), np.empty(size + 1, np.uint8)),
        symbols=Symbols(np.empty(size + 1, np.int32), np.empty(size + 1, np.int32)),
        units=_units_for(size // 2 + 2),
    )


def _units_for(units: int) -> Units:
    return Units(
        hashes=np.empty(units, np.uint64),
        before=np.empty(units, np.int32),
        places=np.empty(units, np.int32),
        flags=np.empty(units, np.uint8),
    )


@compiled
def decode_text(
    data: NDArray[np.uint8], span: tuple[int, int], classes: NDArray[np.uint8], room: Characters
) -> int:
    """Fill `room` with the characters of the bytes from start to end; returns how many."""
    i, end = span
    count = 0
    while i < end:
        code, i = decode(data, i)
        kind = classes[code]
        room.codes[count] = code
        room.kinds[count] = kind
        count += int(kind != INVISIBLE)
    return count


@compiled
def cut_units(count: int, lower: NDArray[np.int32], scan: Scan, row: NDArray[np.int64]) -> int:
    """Find the units and the symbols of the first `count` characters; returns how many units."""
    characters, symbols, units = scan
    kinds = characters.kinds
    found, i, covered, others = 0, 0, 0, 0
    while i < count:
        if kinds[i] == OTHER or kinds[i] > KATAKANA:
            symbols.places[others], symbols.units[others] = i, found
            others += int(kinds[i] == SYMBOL)
            i += 1
            continue
        start = i
        i, word, digits = _unit(characters, start, count, lower)
        units.hashes[found], units.places[found] = mix(word), start
        units.before[found] = covered
        covered += i - start
        found += 1
        row[DIGITS] += digits
        row[LETTERED] += int(digits < i - start)
    units.before[found] = covered
    row[UNITS], row[UNIT_CHARACTERS], row[SYMBOLS] = found, covered, others
    row[LETTERS] = covered - row[DIGITS]
    return found


@compiled
def _unit(
    characters: Characters, start: int, count: int, lower: NDArray[np.int32]
) -> tuple[int, np.uint64, int]:
    """Where the unit ends that starts here, its polynomial, and how many of it are digits."""
    codes, kinds = characters
    kind = kinds[start]
    limit = min(count, start + 1 if kind == HAN else start + 2) if kind in (HAN, PAIRED) else count
    word, digits, i = np.uint64(0), 0, start
    while i < limit and (kinds[i] == kind or (kinds[i] <= DIGIT and _joined(kind, kinds[i]))):
        word = word * FACTOR + np.uint64(lower[codes[i]])
        digits += int(kinds[i] == DIGIT)
        i += 1
    return i, word, digits


@compiled
def _joined(left: int, right: int) -> bool:
    """Whether both are letters or digits, which make one unit together."""
    return LETTER <= left <= DIGIT and LETTER <= right <= DIGIT
