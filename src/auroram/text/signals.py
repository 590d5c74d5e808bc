"""The figures that quality filters judge by, and the MinHash signature, in one pass.

Each text is decoded once; everything else is computed from its units. Letters and marks,
digits and symbols are counted in characters without spaces, so shares do not depend on how a
script spaces its words.

Sources: Rae et al. 2021 (Gopher), arXiv:2112.11446, table A1, for the repetition figures;
Penedo et al. 2024 (FineWeb), arXiv:2406.17557, for lines. We count units (see `units`), not
words, and say so wherever a threshold is set.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import (
    DIGIT,
    HAN,
    INVISIBLE,
    KATAKANA,
    LETTER,
    NEWLINE,
    PAIRED,
    SPACE,
    SYMBOL,
    absorb,
    decode,
    mix,
    tables,
)
from auroram.text.compiled import compiled

SIGNALS = (
    "characters",
    "units",
    "lines",
    "mean_unit",
    "mean_line",
    "longest_line",
    "letter_share",
    "digit_share",
    "symbol_share",
    "ended_line_share",
    "duplicate_line_share",
    "top_2gram_share",
    "top_3gram_share",
    "top_4gram_share",
    "duplicate_5gram_share",
    "duplicate_10gram_share",
)
"""Names of the columns of `Signals.figures`."""

_Table = tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]

_TOP = np.array([2, 3, 4])
_DUPLICATE = np.array([5, 10])

(
    _CHARACTERS, _SPACES, _LETTERS, _DIGITS, _SYMBOLS, _LINES, _LONGEST, _ENDED,
    _DUPLICATE_LINES, _UNITS, _UNIT_CHARACTERS, _COUNTS,
) = range(12)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """One row a text."""

    figures: NDArray[np.float32]
    """Shape (texts, len(SIGNALS))."""
    signatures: NDArray[np.uint32]
    """MinHash values, shape (texts, hashes); all 2**32 - 1 where a text has no unit."""

    def column(self, name: str) -> NDArray[np.float32]:
        """One figure of every text."""
        return self.figures[:, SIGNALS.index(name)]


def signals_of(buffer: Buffer, *, shingle: int = 5, hashes: int = 112) -> Signals:
    """Figures and signatures of every text.

    Args:
        buffer: the texts, NFC with one paragraph a line.
        shingle: units in a shingle; a shorter text is one shingle.
        hashes: values in a signature.
    """
    counts = np.zeros((len(buffer), _COUNTS + len(_TOP) + len(_DUPLICATE)), np.int64)
    signatures = np.full((len(buffer), hashes), 0xFFFFFFFF, np.uint32)
    table = tables()
    lookup = (table.classes, table.lower, table.ends_line)
    _measure((buffer.data, buffer.offsets), lookup, shingle, counts, signatures)
    return Signals(figures=_figures(counts), signatures=signatures)


def _figures(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    visible = counts[:, _CHARACTERS] - counts[:, _SPACES]
    lines, units = counts[:, _LINES], counts[:, _UNITS]
    one = np.ones_like(lines)
    shares = [
        (counts[:, _UNIT_CHARACTERS], units),
        (counts[:, _CHARACTERS], lines),
        (counts[:, _LONGEST], one),
        (counts[:, _LETTERS], visible),
        (counts[:, _DIGITS], visible),
        (counts[:, _SYMBOLS], visible),
        (counts[:, _ENDED], lines),
        (counts[:, _DUPLICATE_LINES], counts[:, _CHARACTERS]),
    ]
    shares += [(column, counts[:, _UNIT_CHARACTERS]) for column in counts[:, _COUNTS:].T]
    columns = [counts[:, _CHARACTERS], units, lines]
    columns += [part / np.maximum(whole, 1) for part, whole in shares]
    return np.stack(columns, axis=1).astype(np.float32)


@compiled
def _measure(
    texts: tuple[NDArray[np.uint8], NDArray[np.int64]],
    lookup: tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.bool_]],
    shingle: int,
    counts: NDArray[np.int64],
    signatures: NDArray[np.uint32],
) -> None:
    data, offsets = texts
    longest = 0
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    hashes = np.empty(longest + 1, np.uint64)
    lengths = np.empty(longest + 1, np.int64)
    table = _table(1 << 12)
    mark = 0
    for text in range(len(offsets) - 1):
        row = counts[text]
        span = data[offsets[text] : offsets[text + 1]]
        mark += 1
        table = _roomy(table, int(np.count_nonzero(span == 10)) + 1)
        units = _scan(span, lookup, (hashes, lengths), row, (table, mark))
        table = _roomy(table, units)
        for k in range(len(_TOP)):
            mark += 1
            row[_COUNTS + k] = _top(hashes[:units], lengths, _TOP[k], table, mark)
        for k in range(len(_DUPLICATE)):
            mark += 1
            row[_COUNTS + len(_TOP) + k] = _repeated(
                hashes[:units], lengths, _DUPLICATE[k], table, mark
            )
        _sign(hashes[:units], shingle, signatures[text])


@compiled
def _table(size: int) -> _Table:
    """An empty table of keys, the mark each was set under, and how often it came."""
    return np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int64)


@compiled
def _roomy(table: _Table, entries: int) -> _Table:
    """The table, or an empty one that stays half free with so many entries."""
    size = len(table[0])
    if size >= 2 * entries:
        return table
    while size < 2 * entries:
        size *= 2
    return _table(size)


@compiled
def _slot(key: np.uint64, seen: NDArray[np.uint64], stamp: NDArray[np.int64], mark: int) -> int:
    """Where `key` stands or would stand; entries under another mark count as empty."""
    mask = len(seen) - 1
    slot = int(mix(key)) & mask
    while stamp[slot] == mark and seen[slot] != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def _scan(
    data: NDArray[np.uint8],
    lookup: tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.bool_]],
    found: tuple[NDArray[np.uint64], NDArray[np.int64]],
    row: NDArray[np.int64],
    lines: tuple[_Table, int],
) -> int:
    """Count characters and lines into `row`, put the units into `found`; returns how many."""
    classes, lower, ends_line = lookup
    hashes, lengths = found
    i, units, unit, length, last = 0, 0, np.uint64(0), 0, 0
    line, line_length, final = np.uint64(0), 0, 0
    while True:
        at_end = i >= len(data)
        code_point, i = (10, i) if at_end else decode(data, i)
        kind = int(classes[code_point])
        if kind == INVISIBLE:
            continue
        run = LETTER if kind == DIGIT else kind
        whole = run in (HAN, PAIRED) and (run == HAN or length == 2)
        if length and (run != last or whole):
            hashes[units], lengths[units] = mix(unit), length
            row[_UNIT_CHARACTERS] += length
            units, unit, length = units + 1, np.uint64(0), 0
        last = run
        if run in (LETTER, HAN, PAIRED, KATAKANA):
            unit = absorb(unit, np.uint64(lower[code_point]))
            length += 1
            row[_DIGITS if kind == DIGIT else _LETTERS] += 1
        elif kind == SYMBOL:
            row[_SYMBOLS] += 1
        if kind == NEWLINE:
            if final:
                row[_ENDED] += ends_line[final]
                _close_line(line, line_length, row, lines)
            line, line_length, final = np.uint64(0), 0, 0
            if at_end:
                break
        else:
            row[_CHARACTERS] += 1
            line_length += 1
            line = absorb(line, np.uint64(code_point))
            if kind == SPACE:
                row[_SPACES] += 1
            else:
                final = code_point
    row[_UNITS] = units
    return units


@compiled
def _close_line(
    line: np.uint64, length: int, row: NDArray[np.int64], lines: tuple[_Table, int]
) -> None:
    (seen, stamp, _), mark = lines
    row[_LINES] += 1
    row[_LONGEST] = max(row[_LONGEST], length)
    slot = _slot(line, seen, stamp, mark)
    if stamp[slot] == mark:
        row[_DUPLICATE_LINES] += length
    seen[slot], stamp[slot] = line, mark


@compiled
def _ngram(hashes: NDArray[np.uint64], start: int, n: int) -> np.uint64:
    word = np.uint64(n)
    for i in range(start, min(start + n, len(hashes))):
        word = absorb(word, hashes[i])
    return word


@compiled
def _top(
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int64],
    n: int,
    table: _Table,
    mark: int,
) -> int:
    """Characters in the n-gram that covers most of them; 0 where none comes back."""
    seen, stamp, times = table
    most = 0
    for start in range(len(hashes) - n + 1):
        key = _ngram(hashes, start, n)
        slot = _slot(key, seen, stamp, mark)
        if stamp[slot] == mark:
            times[slot] += 1
            most = max(most, times[slot] * lengths[start : start + n].sum())
        else:
            seen[slot], stamp[slot], times[slot] = key, mark, 1
    return most


@compiled
def _repeated(
    hashes: NDArray[np.uint64],
    lengths: NDArray[np.int64],
    n: int,
    table: _Table,
    mark: int,
) -> int:
    """Characters in n-grams that came before; overlapping ones count once."""
    seen, stamp, _ = table
    repeated, start = 0, 0
    while start <= len(hashes) - n:
        key = _ngram(hashes, start, n)
        slot = _slot(key, seen, stamp, mark)
        if stamp[slot] == mark:
            repeated += lengths[start : start + n].sum()
            start += n
        else:
            seen[slot], stamp[slot] = key, mark
            start += 1
    return repeated


@compiled
def _sign(hashes: NDArray[np.uint64], shingle: int, signature: NDArray[np.uint32]) -> None:
    """The least value of each hash function over the shingles."""
    for start in range(max(1, len(hashes) - shingle + 1) if len(hashes) else 0):
        word = _ngram(hashes, start, shingle)
        low, high = np.uint32(word), np.uint32(word >> np.uint64(32)) | np.uint32(1)
        for k in range(len(signature)):
            value = low + np.uint32(k) * high
            value ^= value >> np.uint32(15)
            value = np.uint32(value * np.uint32(0x2C1B3C6D))
            value ^= value >> np.uint32(12)
            signature[k] = min(signature[k], np.uint32(value))
