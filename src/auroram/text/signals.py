"""The figures that quality filters judge by, and the MinHash signature, in one pass.

Each text is decoded once (`scan`); lines (`lines`), repetition (`repetition`), word lists
(`word_lists`) and the signature (`minhash`) read its characters and units. No figure depends on how
a script spaces its words: letters, digits and symbols are shares of the visible characters, n-grams
are of units (`units`) and shares of the characters in units.

Sources: Rae et al. 2021 (Gopher), arXiv:2112.11446, section A1.1 and table A1; Raffel et al. 2020
(C4), arXiv:1910.10683; Penedo et al. 2024 (FineWeb), arXiv:2406.17557; Penedo et al. 2025
(FineWeb-2), arXiv:2506.20920, which sets other bounds on the same figures, by language.

Memory: about 15 bytes for each byte of the longest text of a batch.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import tables
from auroram.text.compiled import compiled
from auroram.text.figures import SIGNALS, figures_of
from auroram.text.lines import LineKeys, line_keys_for, tally_duplicates, tally_lines
from auroram.text.minhash import sign
from auroram.text.repetition import Grams, grams_for, tally_repetition
from auroram.text.scan import Lookup, Scan, cut_units, decode_text, lookup_of, room_for
from auroram.text.slots import Slots, slots_for
from auroram.text.tallies import (
    COLUMNS,
    DUPLICATE_LINE_CHARACTERS,
    DUPLICATE_LINES,
    DUPLICATE_PARAGRAPH_CHARACTERS,
    DUPLICATE_PARAGRAPHS,
    LINES,
    LOREM_IPSUM,
    PARAGRAPHS,
    STOP_WORDS,
)
from auroram.text.word_lists import (
    BUILT_IN,
    LOREM_IPSUM_LIST,
    Finds,
    WordLists,
    WordTable,
    find_words,
)

__all__ = ["SEGMENTER", "SIGNALS", "STOP_WORDS_LIST", "Signals", "signals_of"]

SEGMENTER = "auroram-units-1"
"""Name and version of the units (see `units`): bounds found with other units do not fit."""

STOP_WORDS_LIST = "stop-words"
"""The list of words whose distinct entries are the signal `stop_words`."""

_OF_LINES = [LINES, DUPLICATE_LINES, DUPLICATE_LINE_CHARACTERS]
_OF_PARAGRAPHS = [PARAGRAPHS, DUPLICATE_PARAGRAPHS, DUPLICATE_PARAGRAPH_CHARACTERS]

LONGEST_TEXT = 2**31 - 2
"""Bytes; places in a text are 32-bit numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """One row a text."""

    figures: NDArray[np.float32]
    """Shape (texts, len(SIGNALS))."""
    signatures: NDArray[np.uint32]
    """MinHash values, shape (texts, hashes); all 2**32 - 1 where a text has no unit."""
    hits: NDArray[np.int64]
    """How often entries of each word list came, shape (texts, lists)."""
    distinct: NDArray[np.int64]
    """How many different entries of each word list came, shape (texts, lists)."""

    def column(self, name: str) -> NDArray[np.float32]:
        """One figure of every text."""
        return self.figures[:, SIGNALS.index(name)]


def signals_of(
    buffer: Buffer,
    *,
    shingle: int = 5,
    hashes: int = 112,
    words: WordLists | None = None,
    paragraph_a_line: bool = False,
) -> Signals:
    """Figures and signatures of every text.

    Args:
        buffer: the texts, in NFC.
        shingle: units in a shingle; a shorter text is one shingle.
        hashes: values in a signature.
        words: lists to look for; without one named `stop-words` that signal is 0.
        paragraph_a_line: whether each line is a paragraph, as in the normal form of prose, which
            has no empty lines; otherwise empty lines part paragraphs.

    Raises:
        ValueError: where a text is longer than `LONGEST_TEXT`.
    """
    longest = int(np.diff(buffer.offsets).max(initial=0))
    if longest > LONGEST_TEXT:
        raise ValueError(f"a text must be under 2 GiB (got {longest} bytes); split it")
    words = words or WordLists.of({})
    found = _results(len(buffer), hashes, words)
    lookup = (lookup_of(tables()), words.table)
    _measure((buffer.data, buffer.offsets), lookup, shingle, _room(longest, words), found)
    stop_words = words.names.index(STOP_WORDS_LIST) if STOP_WORDS_LIST in words.names else None
    if stop_words is not None:
        found.counts[:, STOP_WORDS] = found.distinct[:, BUILT_IN + stop_words]
    if paragraph_a_line:
        found.counts[:, _OF_PARAGRAPHS] = found.counts[:, _OF_LINES]
    found.counts[:, LOREM_IPSUM] = found.hits[:, LOREM_IPSUM_LIST]
    return Signals(
        figures=figures_of(found.counts),
        signatures=found.signatures,
        hits=found.hits[:, BUILT_IN:],
        distinct=found.distinct[:, BUILT_IN:],
    )


class _Results(NamedTuple):
    """One row a text; of the word lists the built-in ones come first."""

    counts: NDArray[np.int64]
    signatures: NDArray[np.uint32]
    hits: NDArray[np.int64]
    distinct: NDArray[np.int64]


class _Room(NamedTuple):
    """What kernels write of one text before they come to the next."""

    scan: Scan
    lines: LineKeys
    grams: Grams
    slots: Slots
    seen: NDArray[np.int64]
    """The last text in which each entry of the word lists came, counted from 1."""


def _results(texts: int, hashes: int, words: WordLists) -> _Results:
    lists = BUILT_IN + len(words.names)
    return _Results(
        counts=np.zeros((texts, COLUMNS), np.int64),
        signatures=np.full((texts, hashes), 0xFFFFFFFF, np.uint32),
        hits=np.zeros((texts, lists), np.int64),
        distinct=np.zeros((texts, lists), np.int64),
    )


def _room(longest: int, words: WordLists) -> _Room:
    scan = room_for(longest)
    units = len(scan.units.hashes)
    return _Room(
        scan=scan,
        lines=line_keys_for(longest),
        grams=grams_for(units),
        slots=slots_for(units),
        seen=np.zeros(len(words.table.first), np.int64),
    )


@compiled
def _measure(
    texts: tuple[NDArray[np.uint8], NDArray[np.int64]],
    lookup: tuple[Lookup, WordTable],
    shingle: int,
    room: _Room,
    found: _Results,
) -> None:
    (data, offsets), (tables, words), scan = texts, lookup, room.scan
    for text in range(len(offsets) - 1):
        row = found.counts[text]
        span = (offsets[text], offsets[text + 1])
        count = decode_text(data, span, tables.classes, scan.characters)
        units = cut_units(count, tables.lower, scan, row)
        finds = Finds(found.hits[text], found.distinct[text], room.seen, text + 1)
        find_words(scan.units, units, words, finds)
        tally_lines(count, scan, tables.marks, room.lines, row)
        tally_duplicates(room.lines, room.slots, row)
        tally_repetition(scan.units, units, room.grams, room.slots, row)
        sign(scan.units.hashes[:units], shingle, found.signatures[text])
