"""What lines and paragraphs tell: how they start and end, how long they are, which come back.

A line is what stands between two line ends and holds a visible character; a paragraph is a run of
lines without an empty one between them.

Sources: Rae et al. 2021 (Gopher), arXiv:2112.11446; Raffel et al. 2020 (C4), arXiv:1910.10683,
section 2.2; Penedo et al. 2024 (FineWeb), arXiv:2406.17557, section 3.6. Where C4 asks for a full
stop, question mark or quotation mark in ASCII, we take the sentence ends of every script.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auroram.text.characters import (
    BULLET,
    CLOSES,
    DIGIT,
    ENDS_C4_LINE,
    ENDS_LINE,
    ENDS_SENTENCE,
    LETTER,
    NEWLINE,
    SPACE,
    mix,
)
from auroram.text.compiled import compiled
from auroram.text.scan import FACTOR, Characters, Scan
from auroram.text.slots import Slots, duplicates
from auroram.text.tallies import (
    BULLETS,
    C4_LINES,
    C4_SENTENCES,
    CHARACTERS,
    CURLY_BRACKETS,
    DUPLICATE_LINE_CHARACTERS,
    DUPLICATE_LINES,
    DUPLICATE_PARAGRAPH_CHARACTERS,
    DUPLICATE_PARAGRAPHS,
    ELLIPSES,
    ELLIPSIS_ENDS,
    ENDED,
    FEW_UNITS,
    HASH_SIGNS,
    JAVASCRIPT,
    LINES,
    LONGEST_LINE,
    LONGEST_RUN,
    NEWLINES,
    PARAGRAPHS,
    POLICY,
    SENTENCES,
    SHORT,
    SPACES,
    SYMBOL_RUNS,
    SYMBOLS,
    TERMINAL,
    UNITS,
    UNTERMINATED,
)

SHORT_LINE = 30
"""Characters up to which FineWeb calls a line short."""
C4_UNITS = 3
"""Words that C4 wants in a line; ours are units."""
C4_RUN = 1000
"""Longest word, in characters without a space, that C4 lets stand in a line."""
JAVASCRIPT_FLAG, POLICY_FLAG = 1, 2
"""Bits of `Units.flags`."""
_ELLIPSIS, _DOT, _HASH, _CURLY = 0x2026, ord("."), ord("#"), ord("{")


class LineKeys(NamedTuple):
    """Room for what is compared of lines, and then of paragraphs."""

    keys: NDArray[np.uint64]
    sizes: NDArray[np.int32]
    opens: NDArray[np.uint8]
    """Whether a line is the first of its paragraph."""


def line_keys_for(size: int) -> LineKeys:
    """Room for any text of so many bytes."""
    lines = size // 2 + 2
    return LineKeys(
        keys=np.empty(lines, np.uint64),
        sizes=np.empty(lines, np.int32),
        opens=np.empty(lines, np.uint8),
    )


class Line(NamedTuple):
    """A line: a range each of characters, of units and of symbols."""

    start: int
    end: int
    unit: int
    unit_end: int
    symbol: int
    symbol_end: int


@compiled
def tally_lines(
    count: int, scan: Scan, marks: NDArray[np.uint8], found: LineKeys, row: NDArray[np.int64]
) -> None:
    """Count what lines tell into `row`, where `UNITS` stands already, and list them in `found`."""
    start, unit, symbol, opens = 0, 0, 0, 1
    while start <= count:
        end, key, spaces, run = _read_line(scan.characters, start, count)
        line = Line(
            start,
            end,
            unit,
            _first_from(scan.units.places, unit, int(row[UNITS]), end),
            symbol,
            _first_from(scan.symbols.places, symbol, int(row[SYMBOLS]), end),
        )
        row[CHARACTERS] += end - start
        row[SPACES] += spaces
        row[NEWLINES] += int(end < count)
        if spaces < end - start:
            _list_line(key, end - start, opens, found, row)
            _tally_symbols(scan, line, row)
            kept = _tally_edges(scan.characters, line, marks, row) and run <= C4_RUN
            kept = _tally_words(scan.units.flags, line, row) and kept
            sentences = _sentences(scan, line, marks)
            row[SENTENCES] += sentences
            row[C4_SENTENCES] += sentences * int(kept)
            row[C4_LINES] += int(kept)
            row[LONGEST_RUN] = max(row[LONGEST_RUN], run)
        opens = int(spaces == end - start)
        start, unit, symbol = end + 1, line.unit_end, line.symbol_end


@compiled
def _read_line(characters: Characters, start: int, count: int) -> tuple[int, np.uint64, int, int]:
    """Where the line ends, its polynomial, its spaces, and its longest run without one."""
    codes, kinds = characters
    key = np.uint64(1)
    spaces, longest, space, i = 0, 0, start - 1, start
    while i < count and kinds[i] != NEWLINE:
        key = key * FACTOR + np.uint64(codes[i])
        if kinds[i] == SPACE:
            longest = max(longest, i - space - 1)
            spaces, space = spaces + 1, i
        i += 1
    return i, mix(key), spaces, max(longest, i - space - 1)


@compiled
def _first_from(places: NDArray[np.int32], first: int, count: int, end: int) -> int:
    while first < count and places[first] < end:
        first += 1
    return first


@compiled
def _list_line(
    key: np.uint64, size: int, opens: int, found: LineKeys, row: NDArray[np.int64]
) -> None:
    line = row[LINES]
    found.keys[line], found.sizes[line], found.opens[line] = key, size, opens
    row[LINES] += 1
    row[LONGEST_LINE] = max(row[LONGEST_LINE], size)
    row[SHORT] += int(size <= SHORT_LINE)


@compiled
def _tally_symbols(scan: Scan, line: Line, row: NDArray[np.int64]) -> None:
    """Count runs of one and the same symbol, and the symbols that have a rule of their own.

    A symbol between two letters or digits (`don't`, `3.14`) stands inside a word and is no run.
    """
    codes, places = scan.characters.codes, scan.symbols.places
    last, dots = -2, 0
    for symbol in range(line.symbol, line.symbol_end):
        place = places[symbol]
        code = codes[place]
        again = last == place - 1 and codes[last] == code
        last = place
        dots = (dots % 3 if again else 0) + 1 if code == _DOT else 0
        row[SYMBOL_RUNS] += int(not again and not _inside_word(scan.characters.kinds, place, line))
        row[HASH_SIGNS] += int(code == _HASH)
        row[CURLY_BRACKETS] += int(code == _CURLY)
        row[ELLIPSES] += int(code == _ELLIPSIS or dots == 3)


@compiled
def _inside_word(kinds: NDArray[np.uint8], place: int, line: Line) -> bool:
    if place == line.start or place + 1 == line.end:
        return False
    before, after = kinds[place - 1], kinds[place + 1]
    return bool(LETTER <= before <= DIGIT and LETTER <= after <= DIGIT)


@compiled
def _sentences(scan: Scan, line: Line, marks: NDArray[np.uint8]) -> int:
    """How many sentences the line has, each of them with a unit; the last may lack an end.

    One ends at a mark such as a full stop where no other follows but, after closing quotation
    marks, a space or the line's end; a mark outside ASCII (`。`, `।`) needs nothing after it.
    """
    codes, kinds = scan.characters
    sentences, units = 0, line.unit
    for symbol in range(line.symbol, line.symbol_end):
        place = scan.symbols.places[symbol]
        if scan.symbols.units[symbol] > units and marks[codes[place]] & ENDS_SENTENCE:
            following = place + 1
            while following < line.end and marks[codes[following]] & CLOSES:
                following += 1
            if following == line.end or kinds[following] == SPACE or codes[place] > 0x7F:
                sentences, units = sentences + 1, scan.symbols.units[symbol]
    return sentences + int(line.unit_end > units)


@compiled
def _tally_edges(
    characters: Characters, line: Line, marks: NDArray[np.uint8], row: NDArray[np.int64]
) -> bool:
    """Count how the line starts and ends; whether C4 would keep it for its end."""
    codes, kinds = characters
    first, last = line.start, line.end - 1
    while kinds[first] == SPACE:
        first += 1
    while kinds[last] == SPACE:
        last -= 1
    mark = marks[codes[last]]
    dots = last >= line.start + 2 and codes[last] == _DOT
    dots = dots and codes[last - 1] == _DOT and codes[last - 2] == _DOT
    terminated = mark & ENDS_C4_LINE != 0 and not dots
    row[BULLETS] += int(marks[codes[first]] & BULLET != 0)
    row[ENDED] += int(mark & ENDS_LINE != 0)
    row[TERMINAL] += int(mark & ENDS_SENTENCE != 0)
    row[ELLIPSIS_ENDS] += int(dots or codes[last] == _ELLIPSIS)
    row[UNTERMINATED] += int(not terminated)
    return terminated


@compiled
def _tally_words(flags: NDArray[np.uint8], line: Line, row: NDArray[np.int64]) -> bool:
    """Count what the line's units tell; whether C4 would keep it for its words."""
    seen = 0
    for unit in range(line.unit, line.unit_end):
        seen |= flags[unit]
    few = line.unit_end - line.unit < C4_UNITS
    row[FEW_UNITS] += int(few)
    row[JAVASCRIPT] += int(seen & JAVASCRIPT_FLAG != 0)
    row[POLICY] += int(seen & POLICY_FLAG != 0)
    return not few and seen == 0


@compiled
def tally_duplicates(found: LineKeys, slots: Slots, row: NDArray[np.int64]) -> None:
    """Count repeated lines and paragraphs; the lines in `found` become paragraphs in passing."""
    lines = row[LINES]
    repeated, characters = duplicates(found.keys[:lines], found.sizes[:lines], slots)
    row[DUPLICATE_LINES], row[DUPLICATE_LINE_CHARACTERS] = repeated, characters
    paragraphs = 0
    for line in range(lines):
        if found.opens[line]:
            found.keys[paragraphs], found.sizes[paragraphs] = found.keys[line], found.sizes[line]
            paragraphs += 1
        else:
            last = paragraphs - 1
            found.keys[last] = mix(found.keys[last] * FACTOR + found.keys[line])
            found.sizes[last] += found.sizes[line]
    repeated, characters = duplicates(found.keys[:paragraphs], found.sizes[:paragraphs], slots)
    row[PARAGRAPHS] = paragraphs
    row[DUPLICATE_PARAGRAPHS], row[DUPLICATE_PARAGRAPH_CHARACTERS] = repeated, characters
