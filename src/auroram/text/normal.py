"""Bringing text to one form: NFC, one kind of line end, no control characters, mended encodings.

Real Vietnamese comes decomposed, which alone costs a model a third more bits per character.
Vowel signs, tone marks and joiners are never touched. A kernel rewrites many texts in one pass;
only texts that are out of Unicode's composed form, or that look decoded with the wrong encoding
(`mojibake`), are handled one by one.

What goes, and why: control characters and non-characters, which no writing needs; soft hyphens,
zero-width spaces, word joiners and byte order marks, which split words for a tokenizer and that
nobody sees; bidirectional embeddings, overrides and isolates, as they can make a text read other
than it is (Boucher and Anderson 2021, arXiv:2111.00169); tag characters outside flags, as they
can carry text that no reader sees. What stays: joiners (U+200C, U+200D), without which Hindi is
misspelt; the marks U+200E, U+200F and U+061C, which order punctuation in Arabic and Hebrew and
hide nothing; zero-width spaces in scripts that part words by them (Thai, Lao, Khmer, Burmese,
Tibetan, Javanese, Balinese, Tai Tham, New Tai Lue); U+FFFD, where something was lost before us,
and which is counted.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import CODE_POINTS, decode
from auroram.text.compiled import compiled
from auroram.text.mojibake import mend, suspects
from auroram.text.scripts import SCRIPT_RANGES

CHANGES = (
    "surrogates",
    "mojibake",
    "line-ends",
    "null-characters",
    "control-characters",
    "invisible",
    "nfc",
    "spaces",
)
"""What is put right. `surrogates`: halves of characters, joined or made U+FFFD. `invisible`:
format characters that are taken out, bidirectional controls among them."""

REMARKS = ("mojibake-left", "replacement-characters")
"""What is only counted: text that looks broken and could not be mended, and U+FFFD."""

(
    _SURROGATES, _MOJIBAKE, _LINE_ENDS, _NULLS, _CONTROLS, _INVISIBLE, _NFC, _SPACES,
    _LEFT, _REPLACEMENT,
) = (1 << bit for bit in range(10))  # fmt: skip
_UNSETTLING = _MOJIBAKE | _NULLS | _CONTROLS | _INVISIBLE | _NFC
"""After these changes, characters stand together that did not before."""
_ROUNDS = 8

(
    _PLAIN, _PARTED, _FLAG, _LOST, _SPACE, _NEWLINE, _RETURN, _LINE_END,
    _NULL, _CONTROL, _HIDDEN, _BREAK, _TAG, _GONE,
) = range(14)  # fmt: skip
"""Kinds of characters, from `_NULL` on those that go: `_PARTED` letters keep a zero-width space
(`_BREAK`), a `_FLAG` keeps its tags, `_LOST` is U+FFFD."""
_REASONS = np.zeros(_GONE, np.int64)
_REASONS[_NULL:] = (_NULLS, _CONTROLS, _INVISIBLE, _INVISIBLE, _INVISIBLE)

_CLASS, _MAYBE, _NEVER, _KIND = 0xFF, 1 << 8, 1 << 9, 10
_COMPOSES = _CLASS | _MAYBE | _NEVER
"""A trait's bits: canonical combining class, whether NFC may or does replace the character, and
from bit 10 on its kind."""
_PARTED_SCRIPTS = ("Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Java", "Bali", "Lana", "Talu")
_LAST_COMPOSED = 0x30000
"""No character from here on is composed, decomposed or a combining mark (Unicode 14 to 17)."""
_HANGUL_PARTS = (0x1161, 0x1176), (0x11A8, 0x11C3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A text in its normal form and what had to change."""

    text: str
    changes: tuple[str, ...]
    """Some of `CHANGES` and `REMARKS`, in that order."""


def normal_prose(text: str) -> Normal:
    r"""NFC, a paragraph a line, single spaces, no blank line.

    >>> normal_prose(" one   two \r\n\r\n three").text
    'one two\nthree'
    """
    return normal_all([text], code=False)[0]


def normal_code(text: str) -> Normal:
    """NFC and plain line ends; indentation and blank lines stay, trailing blank space goes."""
    return normal_all([text], code=True)[0]


def normal_all(texts: list[str], *, code: bool) -> list[Normal]:
    """The normal form of each text, in order.

    Any string is taken, lone surrogates too. Time is linear in the text; what has to be mended
    costs ftfy's time. In code nothing is mended, as a literal is what it says; it is counted.

    Args:
        texts: as they were read.
        code: keeps indentation and blank lines.
    """
    texts, marks = list(texts), np.zeros(len(texts), np.int64)
    buffer = _encoded(texts, marks)
    rows = np.arange(len(texts))
    for _ in range(_ROUNDS):
        some = [texts[row] for row in rows]
        changed = _round(some, buffer, code=code)
        for row, text in zip(rows, some, strict=True):
            texts[row] = text
        marks[rows] = (marks[rows] & ~(_LEFT | _REPLACEMENT)) | changed
        rows = rows[changed & _UNSETTLING != 0]
        if not len(rows):
            break
        buffer = Buffer.of([texts[row] for row in rows])
    names = [*CHANGES, *REMARKS]
    return [
        Normal(text=text, changes=_names(mark, names))
        for text, mark in zip(texts, marks.tolist(), strict=True)
    ]


def _names(mark: int, names: list[str]) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(names) if mark >> bit & 1) if mark else ()


def _encoded(texts: list[str], marks: NDArray[np.int64]) -> Buffer:
    """The buffer of the texts, in which lone surrogates are replaced first."""
    try:
        return Buffer.of(texts)
    except ValueError:
        for row, text in enumerate(texts):
            texts[row] = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            marks[row] = _SURROGATES * (texts[row] != text)
        return Buffer.of(texts)


def _round(texts: list[str], buffer: Buffer, *, code: bool) -> NDArray[np.int64]:
    """Takes each step once over all texts, in place; what it changed or remarked."""
    marks = np.zeros(len(texts), np.int64)
    for row in np.flatnonzero(suspects(buffer)):
        mended = mend(texts[row])
        broken = mended.text != texts[row]
        if code:
            marks[row] = _LEFT * (broken or mended.left)
        else:
            marks[row] = _MOJIBAKE * broken | _LEFT * mended.left
            texts[row] = mended.text
    if (marks & _MOJIBAKE).any():
        buffer = Buffer.of(texts)
    data = np.empty(buffer.offsets[-1] - buffer.offsets[0], np.uint8)
    offsets = np.zeros(len(texts) + 1, np.int64)
    rewritten = (data, offsets, marks)
    _rewrite((buffer.data, buffer.offsets), _traits(), int(not code), rewritten)
    whole = memoryview(data.data)
    for row in np.flatnonzero(marks & ~(_MOJIBAKE | _LEFT | _REPLACEMENT)):
        text = str(whole[offsets[row] : offsets[row + 1]], "utf-8")
        if marks[row] & _NFC:
            composed = unicodedata.normalize("NFC", text)
            if composed == text:
                marks[row] &= ~_NFC
            text = composed
        texts[row] = text
    return marks


@cache
def _traits() -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Each code point's trait, and the pairs that NFC joins (first << 21 | second), rising."""
    traits = np.asarray(_kinds(), np.uint16) << np.uint16(_KIND)
    pairs = []
    for code_point in range(_LAST_COMPOSED):
        character = chr(code_point)
        traits[code_point] |= unicodedata.combining(character)
        split = unicodedata.decomposition(character)
        if not split or split.startswith("<"):
            continue
        if unicodedata.normalize("NFC", character) != character:
            traits[code_point] |= _NEVER
        else:
            first, second = (int(part, 16) for part in split.split())
            pairs.append(first << 21 | second)
            traits[second] |= _MAYBE
    for start, end in _HANGUL_PARTS:
        traits[start:end] |= _MAYBE
    return traits, np.sort(np.array(pairs, np.int64))


def _kinds() -> NDArray[np.uint8]:
    kinds = np.zeros(CODE_POINTS, np.uint8)
    for script in _PARTED_SCRIPTS:
        for start, end in SCRIPT_RANGES[script]:
            kinds[start:end] = _PARTED
    for start, end in ((0x01, 0x20), (0x7F, 0xA0), (0xFDD0, 0xFDF0)):
        kinds[start:end] = _CONTROL
    for plane in range(0, CODE_POINTS, 0x10000):
        kinds[plane + 0xFFFE : plane + 0x10000] = _CONTROL
    for start, end in ((0x2028, 0x202A), (0x0B, 0x0D), (0x85, 0x86)):
        kinds[start:end] = _LINE_END
    hidden = ((0xAD, 0xAE), (0x202A, 0x202F), (0x2060, 0x206A), (0xFEFF, 0xFF00), (0xFFF9, 0xFFFC))
    for start, end in hidden:
        kinds[start:end] = _HIDDEN
    spaces = [cp for cp in range(0x3001) if chr(cp).isspace() and kinds[cp] == _PLAIN]
    kinds[[*spaces, ord("\t")]] = _SPACE
    kinds[0xE0000:0xE0080] = _TAG
    single = {0: _NULL, 10: _NEWLINE, 13: _RETURN, 0x200B: _BREAK, 0x1F3F4: _FLAG, 0xFFFD: _LOST}
    for code_point, kind in single.items():
        kinds[code_point] = kind
    return kinds


@compiled
def _rewrite(
    texts: tuple[NDArray[np.uint8], NDArray[np.int64]],
    lookup: tuple[NDArray[np.uint16], NDArray[np.int64]],
    folds: int,
    rewritten: tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Rewrites every text; where `folds` is 1, runs of blanks become a space or a line's end."""
    data, offsets = texts
    out, ends, marks = rewritten
    for text in range(len(offsets) - 1):
        span = data[offsets[text] : offsets[text + 1]]
        size, mark = _rewrite_one(span, lookup, folds, out[ends[text] :])
        ends[text + 1] = ends[text] + size
        marks[text] |= mark


@compiled
def _rewrite_one(
    text: NDArray[np.uint8],
    lookup: tuple[NDArray[np.uint16], NDArray[np.int64]],
    folds: int,
    out: NDArray[np.uint8],
) -> tuple[int, int]:
    """Rewrites a text into `out`: how many bytes it takes there, and what changed."""
    traits, pairs = lookup
    i, at, visible, mark = 0, 0, 0, 0
    blank = 0  # what waits to be written: a space or a line's end
    kind, starter, order = _SPACE, 32, 0
    while i < len(text):
        if 32 < text[i] < 127 and not blank:  # most of most texts
            out[at] = text[i]
            kind, starter, order = _PLAIN, int(text[i]), 0
            i += 1
            at = visible = at + 1
            continue
        start, before = i, kind
        code_point, i = decode(text, i)
        trait = int(traits[code_point])
        kind = trait >> _KIND
        if kind >= _RETURN:
            kind, change = _settled(kind, before)
            mark |= change
            if kind == _GONE:
                kind = before
                continue
            i = _past_line_feed(text, start, i)
        if folds and _is_blank(kind):
            mark |= _SPACES * _is_odd(code_point, kind, blank, at)
            blank = _waiting(kind, blank, at)
            continue
        if blank:
            out[at] = blank
            at, blank = at + 1, 0
        # A line's end is one byte, whatever its bytes were.
        out[at] = 10 if kind == _NEWLINE else text[start]
        size = 1 if kind == _NEWLINE else i - start
        for k in range(1, size):
            out[at + k] = text[start + k]
        at += size
        visible = visible if _is_blank(kind) else at
        mark |= _REPLACEMENT * (kind == _LOST)
        if trait & _COMPOSES:
            mark |= _NFC * _decomposed(trait, code_point, (starter, order), pairs)
        order = trait & _CLASS
        starter = starter if order else code_point
    return visible, mark | _SPACES * (blank != 0 or at > visible)


@compiled
def _settled(kind: int, before: int) -> tuple[int, int]:
    """What becomes of a character that may have to go, after one of kind `before`.

    Returns:
        Its kind from here on, `_GONE` where it goes, and what changed.
    """
    if kind <= _LINE_END:
        return _NEWLINE, _LINE_ENDS
    if kind == _BREAK and before == _PARTED:
        # A kept zero-width space has no kind of its own, so that a second one goes.
        return _PLAIN, 0
    if kind == _TAG and before in (_FLAG, _TAG):
        return _TAG, 0
    return _GONE, _REASONS[kind]


@compiled
def _past_line_feed(text: NDArray[np.uint8], start: int, end: int) -> int:
    """Where a line's end is over: a line feed after a carriage return belongs to it."""
    return end + (text[start] == 13 and end < len(text) and text[end] == 10)


@compiled
def _is_blank(kind: int) -> bool:
    return _SPACE <= kind <= _NEWLINE


@compiled
def _is_odd(code_point: int, kind: int, blank: int, at: int) -> bool:
    """Whether a blank is not the one plain space or line's end between what can be seen."""
    return blank != 0 or at == 0 or (kind == _SPACE and code_point != 32)


@compiled
def _waiting(kind: int, blank: int, at: int) -> int:
    """What a run of blanks becomes with one more: nothing at the start, else the larger part."""
    if at == 0:
        return 0
    return 10 if kind == _NEWLINE or blank == 10 else 32


@compiled
def _decomposed(
    trait: int, code_point: int, last: tuple[int, int], pairs: NDArray[np.int64]
) -> bool:
    """Whether NFC may change the text here, after its last starter and its last mark's class."""
    starter, order = last
    if trait & _NEVER or 0 < trait & _CLASS < order:
        return True
    if not trait & _MAYBE:
        return False
    if 0x1161 <= code_point < 0x11C3:
        return True
    pair = starter << 21 | code_point
    place = np.searchsorted(pairs, pair)
    return bool(place < len(pairs) and pairs[place] == pair)
