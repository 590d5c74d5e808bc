"""Counting listed words and phrases in texts, all in one pass: an Aho-Corasick automaton.

An entry is a word or a phrase; `*` at either end lets letters follow or precede, as the endings
of Finnish do. Elsewhere a match must not cut a word, by the script of its edge: letters with
their marks and digits are one word, a run of katakana is one. Han characters, hiragana and other
letters of unspaced scripts match anywhere; what that hits by mistake is listed as benign. Case is
folded and blank space counts as one space; Vietnamese tones and Hindi vowel signs are compared.

A match inside a longer one of its category, or inside a benign one, does not count.

Sources: Aho and Corasick 1975, Communications of the ACM 18(6), for the automaton.
Time: one table look-up a character. Memory: states times distinct characters, four bytes each,
and 24 bytes a match of one text.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.text.automaton import Automaton, automaton_of
from auroram.text.buffers import Buffer
from auroram.text.characters import (
    CODE_POINTS,
    DIGIT,
    HAN,
    INVISIBLE,
    KATAKANA,
    LETTER,
    NEWLINE,
    PAIRED,
    SPACE,
    decode,
    tables,
)
from auroram.text.compiled import compiled

OPEN = "*"
"""Stands in an entry for any letters, or none."""

_BENIGN, _STRUCK = -1, -2
_Arrays = tuple[NDArray[np.int32], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What was found in each text."""

    counts: NDArray[np.int64]
    """Shape (texts, categories)."""
    units: NDArray[np.int64]
    """Units of each text, as `text.units` cuts them."""

    def per_thousand(self) -> NDArray[np.float32]:
        """Matches per 1,000 units, shape (texts, categories); 0 for a text without units."""
        return (1000 * self.counts / np.maximum(self.units, 1)[:, None]).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lexicon:
    """Entries by category, ready to be looked for."""

    categories: tuple[str, ...]
    """Their order is that of the columns of `Hits.counts`."""
    symbols: NDArray[np.uint16]
    """Code point to symbol of the automaton, case folded."""
    automaton: Automaton
    entries: NDArray[np.int64]
    """A row an entry: its symbols, its category, whether it is open to the left and right."""

    @classmethod
    def build(cls, entries: Mapping[str, Sequence[str]], benign: Sequence[str] = ()) -> "Lexicon":
        """The lexicon of entries by category.

        Args:
            entries: category to words and phrases.
            benign: words and phrases in which nothing counts.

        Raises:
            ValueError: where an entry is empty or stands twice.
        """
        groups = [*enumerate(entries.values()), (_BENIGN, benign)]
        listed = [(entry, category) for category, group in groups for entry in group]
        words = [folded(entry.strip(OPEN)) for entry, _ in listed]
        _refuse_twice(words, [entry for entry, _ in listed])
        alphabet = {character: i for i, character in enumerate(sorted(set("".join(words))), 1)}
        rows = [
            (len(word), category, entry.startswith(OPEN), entry.endswith(OPEN))
            for word, (entry, category) in zip(words, listed, strict=True)
        ]
        return cls(
            categories=tuple(entries),
            symbols=_symbols(alphabet),
            automaton=automaton_of([[alphabet[c] for c in word] for word in words], len(alphabet)),
            entries=np.array(rows, np.int64).reshape(-1, 4),
        )

    def hits(self, texts: Sequence[str] | Buffer) -> Hits:
        """Matches by category in every text; the texts are NFC."""
        buffer = texts if isinstance(texts, Buffer) else Buffer.of(list(texts))
        counts = np.zeros((len(buffer), len(self.categories)), np.int64)
        units = np.zeros(len(buffer), np.int64)
        automaton = (self.automaton.following, self.automaton.ending, self.automaton.shorter)
        lookup = (tables().classes, self.symbols)
        _count((buffer.data, buffer.offsets), lookup, (automaton, self.entries), (counts, units))
        return Hits(counts=counts, units=units)


def folded(text: str) -> str:
    """The text as it is compared: NFC, lower case, single spaces, no invisible characters."""
    kinds, lower = tables().classes, tables().lower
    points = [ord(character) for character in unicodedata.normalize("NFC", text)]
    visible = [
        " " if kinds[point] in (SPACE, NEWLINE) else chr(lower[point])
        for point in points
        if kinds[point] != INVISIBLE
    ]
    return " ".join(part for part in "".join(visible).split(" ") if part)


def _refuse_twice(words: Sequence[str], entries: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for word, entry in zip(words, entries, strict=True):
        if not word:
            raise ValueError(f"an entry of a word list is empty ({entry!r})")
        if word in seen:
            raise ValueError(f"a word list holds {entry!r} and {seen[word]!r}; keep one")
        seen[word] = entry


def _symbols(alphabet: Mapping[str, int]) -> NDArray[np.uint16]:
    by_point = np.zeros(CODE_POINTS, np.uint16)
    for character, symbol in alphabet.items():
        by_point[ord(character)] = symbol
    symbols = by_point[tables().lower]
    if " " in alphabet:
        symbols[np.isin(tables().classes, (SPACE, NEWLINE))] = alphabet[" "]
    return symbols


@compiled
def _count(
    texts: tuple[NDArray[np.uint8], NDArray[np.int64]],
    lookup: tuple[NDArray[np.uint8], NDArray[np.uint16]],
    lexicon: tuple[_Arrays, NDArray[np.int64]],
    found: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    data, offsets = texts
    counts, units = found
    longest = 0
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    kinds = np.empty(longest + 1, np.uint8)
    hits = np.empty((64, 3), np.int64)
    for text in range(len(offsets) - 1):
        span = data[offsets[text] : offsets[text + 1]]
        n, units[text], hits = _scan(span, lookup, lexicon, (kinds, hits))
        for hit in range(n):
            if hits[hit, 2] >= 0:
                counts[text, hits[hit, 2]] += 1


@compiled
def _scan(
    data: NDArray[np.uint8],
    lookup: tuple[NDArray[np.uint8], NDArray[np.uint16]],
    lexicon: tuple[_Arrays, NDArray[np.int64]],
    space: tuple[NDArray[np.uint8], NDArray[np.int64]],
) -> tuple[int, int, NDArray[np.int64]]:
    """All matches of one text; `kinds` takes the class of every character that was compared."""
    classes, symbols = lookup
    (following, ending, _), _ = lexicon
    kinds, hits = space
    i, n, state, position, units, last, pair = 0, 0, 0, 0, 0, SPACE, 0
    while True:
        at_end = i >= len(data)
        code_point, i = (10, i) if at_end else decode(data, i)
        kind = int(classes[code_point])
        if kind == INVISIBLE:
            continue
        kind = SPACE if kind == NEWLINE else LETTER if kind == DIGIT else kind
        if ending[state]:
            n, hits = _close(state, (position, kind), lexicon, (kinds, hits, n))
        if at_end:
            break
        if kind == SPACE and last == SPACE:
            # A run of spaces is one: the state may stand on it, but closed its matches already.
            continue
        pair = 1 if kind != last or pair == 2 else pair + 1
        starts = kind == HAN or (kind == PAIRED and pair == 1)
        units += starts or (kind in (LETTER, KATAKANA) and kind != last)
        kinds[position] = kind
        position, last = position + 1, kind
        state = following[state, symbols[code_point]]
    return n, units, hits


@compiled
def _close(
    state: int,
    at: tuple[int, int],
    lexicon: tuple[_Arrays, NDArray[np.int64]],
    found: tuple[NDArray[np.uint8], NDArray[np.int64], int],
) -> tuple[int, NDArray[np.int64]]:
    """Add the entries that end at a position, the longest first, and cut no word there."""
    (_, ending, shorter), entries = lexicon
    (end, after), (kinds, hits, n) = at, found
    while ending[state]:
        entry = entries[ending[state] - 1]
        start = end - entry[0]
        left = entry[2] or start == 0 or not _joined(kinds[start - 1], kinds[start])
        if left and (entry[3] or not _joined(kinds[end - 1], after)):
            if n == len(hits):
                hits = np.concatenate((hits, hits))
            n = _add(hits, n, (start, end, entry[1]))
        state = shorter[state]
    return n, hits


@compiled
def _joined(left: int, right: int) -> bool:
    """Whether two neighbours are of one word, where the script shows it."""
    return left == right and left in (LETTER, KATAKANA)


@compiled
def _add(hits: NDArray[np.int64], n: int, hit: tuple[int, int, int]) -> int:
    """Put a match behind the others unless one holds it already; strike those that it holds."""
    start, end, category = hit
    earlier = n - 1
    while earlier >= 0 and hits[earlier, 1] > start:
        other = hits[earlier, 2]
        holds = hits[earlier, 0] <= start and hits[earlier, 1] == end
        if holds and other in (category, _BENIGN):
            return n
        if hits[earlier, 0] >= start and category in (other, _BENIGN):
            hits[earlier, 2] = _STRUCK
        earlier -= 1
    hits[n, 0], hits[n, 1], hits[n, 2] = start, end, category
    return n + 1
