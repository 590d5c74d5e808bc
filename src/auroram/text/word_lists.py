"""Named lists of words and phrases, ready to be looked up by the hashes of units.

An entry is cut into units as texts are, so case does not matter and tones and vowel signs do. It is
found where its units follow one another, whatever symbols or spaces stand between. In a script
written without spaces that is a match by Han character and by pairs of kana counted from the start
of a run: enough for a figure; for entries to be found wherever they stand there is `lexicon`.

Time: one look-up a unit, and one more for each length of the entries that start with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import mix, tables
from auroram.text.compiled import compiled
from auroram.text.scan import FACTOR, Units, cut_units, decode_text, room_for
from auroram.text.tallies import COLUMNS

LONGEST_ENTRY = 62
"""Units in an entry at most: the lengths that start with a unit are bits of one number."""

_BUILT_IN = {
    "javascript": ("javascript",),
    "policy": (
        "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
        "use cookies",
    ),
    "lorem-ipsum": ("lorem ipsum",),
}  # fmt: skip
"""What C4 looks for. Source: Raffel et al. 2020, arXiv:1910.10683, section 2.2, and their code."""

LOREM_IPSUM_LIST = 2
"""The number of that built-in list; the first two become bits of `Units.flags`."""

BUILT_IN = len(_BUILT_IN)
"""So many lists stand before the ones that were given."""


class WordTable(NamedTuple):
    """The entries as kernels read them: two tables with open addressing, at most half full."""

    starts: NDArray[np.uint64]
    """Hash of an entry's first unit."""
    lengths: NDArray[np.int64]
    """Beside each of `starts`, a bit for each length of the entries; 0 where the slot is free."""
    entries: NDArray[np.uint64]
    """Key of an entry."""
    numbers: NDArray[np.int64]
    """Beside each of `entries`, its number, or -1 where the slot is free."""
    first: NDArray[np.int64]
    """Entry `e` stands in the lists `lists[first[e]:first[e + 1]]`."""
    lists: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WordLists:
    """Lists by name; the built-in ones are always there and not named."""

    names: tuple[str, ...]
    table: WordTable

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[str]]) -> "WordLists":
        """The lists of words and phrases; entries without a unit are never found.

        Raises:
            ValueError: where an entry has more than `LONGEST_ENTRY` units.
        """
        entries: dict[tuple[int, ...], set[int]] = {}
        for number, words in enumerate((*_BUILT_IN.values(), *lists.values())):
            for word, units in zip(words, _hashes(words), strict=True):
                if len(units) > LONGEST_ENTRY:
                    raise ValueError(
                        f"an entry of a word list must have at most {LONGEST_ENTRY} units "
                        f"(got {len(units)} in {word[:40]!r}); shorten it"
                    )
                if units:
                    entries.setdefault(units, set()).add(number)
        return cls(names=tuple(lists), table=_table(dict(sorted(entries.items()))))


def _hashes(words: Sequence[str]) -> list[tuple[int, ...]]:
    """The hashes of the units of each entry."""
    buffer = Buffer.of(list(words))
    scan = room_for(int(np.diff(buffer.offsets).max(initial=0)))
    row, lookup, found = np.zeros(COLUMNS, np.int64), tables(), []
    for start, end in zip(buffer.offsets, buffer.offsets[1:], strict=False):
        count = decode_text(buffer.data, (int(start), int(end)), lookup.classes, scan.characters)
        cut = cut_units(count, lookup.lower, scan, row)
        found.append(tuple(scan.units.hashes[:cut].tolist()))
    return found


def _table(entries: Mapping[tuple[int, ...], set[int]]) -> WordTable:
    size = 1 << (2 * len(entries)).bit_length()
    first = np.cumsum([0, *(len(lists) for lists in entries.values())])
    table = WordTable(
        starts=np.zeros(size, np.uint64),
        lengths=np.zeros(size, np.int64),
        entries=np.zeros(size, np.uint64),
        numbers=np.full(size, -1, np.int64),
        first=first.astype(np.int64),
        lists=np.array([one for lists in entries.values() for one in sorted(lists)], np.int64),
    )
    for number, units in enumerate(entries):
        _insert(np.array(units, np.uint64), number, table)
    return table


@compiled
def _insert(units: NDArray[np.uint64], number: int, table: WordTable) -> None:
    start = _place(units[0], table.starts, table.lengths, 0)
    table.starts[start] = units[0]
    table.lengths[start] |= np.int64(1) << len(units)
    key = _key(units, 0, len(units))
    entry = _place(key, table.entries, table.numbers, -1)
    table.entries[entry], table.numbers[entry] = key, number


@compiled
def _place(key: np.uint64, keys: NDArray[np.uint64], values: NDArray[np.int64], free: int) -> int:
    """The slot of `key`, or the free one where it would stand."""
    mask = len(keys) - 1
    slot = int(key) & mask
    while values[slot] != free and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def _key(hashes: NDArray[np.uint64], start: int, length: int) -> np.uint64:
    key = np.uint64(length)
    for i in range(start, start + length):
        key = key * FACTOR + hashes[i]
    return mix(key)


class Finds(NamedTuple):
    """What was found in one text."""

    hits: NDArray[np.int64]
    """How often an entry of each list came."""
    distinct: NDArray[np.int64]
    """How many entries of each list came."""
    seen: NDArray[np.int64]
    """The last text in which each entry came, by number."""
    text: int
    """This text's number, from 1."""


@compiled
def find_words(units: Units, count: int, table: WordTable, finds: Finds) -> None:
    """Count the entries that the text has; `flags` of a unit tells the built-in ones."""
    for unit in range(count):
        slot = _place(units.hashes[unit], table.starts, table.lengths, 0)
        lengths = table.lengths[slot]
        units.flags[unit] = 0
        length = 1
        while lengths >> length:
            if lengths >> length & 1 and unit + length <= count:
                key = _key(units.hashes, unit, length)
                entry = table.numbers[_place(key, table.entries, table.numbers, -1)]
                if entry >= 0:
                    _note(unit, entry, units.flags, table, finds)
            length += 1


@compiled
def _note(unit: int, entry: int, flags: NDArray[np.uint8], table: WordTable, finds: Finds) -> None:
    new = finds.seen[entry] != finds.text
    finds.seen[entry] = finds.text
    for i in range(table.first[entry], table.first[entry + 1]):
        number = table.lists[i]
        finds.hits[number] += 1
        finds.distinct[number] += int(new)
        if number < LOREM_IPSUM_LIST:
            flags[unit] |= 1 << number
