"""What kind of character each code point is: its class, its script, its lower case.

The tables are arrays indexed by code point, so that compiled kernels can look them up. Letters
and their marks are one class: in Hindi a vowel is a mark, in decomposed Vietnamese a tone is.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auroram.text.compiled import compiled
from auroram.text.scripts import SCRIPT_RANGES, SCRIPTS

CODE_POINTS = 0x110000

OTHER, LETTER, DIGIT, HAN, PAIRED, KATAKANA, SYMBOL, SPACE, NEWLINE, INVISIBLE = range(10)
"""Classes. `PAIRED` letters belong to scripts written without spaces (hiragana, Thai, ...).
`INVISIBLE` ones (joiners and other format characters) neither count nor end a word."""

_ASSIGNED = (0, 0x40000), (0xE0000, 0xF0000)
"""Where characters are. Beyond lie planes without any and private ones, whose class is the same;
asking about each of their code points would take most of the time."""

_PAIRED_SCRIPTS = (
    "Hira", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Java", "Bali", "Lana", "Talu", "Yiii",
)  # fmt: skip
"""Of the living scripts that part no words by spaces those with letters enough to pair. Sources:
Unicode's Line_Break classes SA and ID, and chapter 17 of its core specification for Javanese and
Balinese. Tai Viet is of class SA too, but is written with spaces today."""
_LINE_ENDS = ".!?…。！？।॥‽。؟۔:;\"'”’»」』)）"
_QUOTES = "\"'”’»」』"
_BULLETS = "-*–—•‣⁃▪◦●○■□・"
_SENTENCE_ENDS = (
    ".!?։؝؞؟۔܀܁܂߹࠷࠹࠽࠾।॥၊။።፧፨᙮᜵᜶᠃᠉᥄᥅᪨᪩᪪᪫᭚᭛᭞᭟᭽᭾᰻᰼᱾᱿‼‽⁇⁈⁉⸮⸼⹓⹔。꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꧈꧉꩝꩞꩟꫰꫱꯫﹒﹖﹗！．？｡"
)
"""Unicode 14, property Sentence_Terminal, of the Basic Multilingual Plane."""

ENDS_LINE, ENDS_SENTENCE, ENDS_C4_LINE, CLOSES, BULLET = 1, 2, 4, 8, 16
"""Bits of `Tables.marks`: what a finished line may end in (loosely); what ends a sentence; what a
line that C4 keeps may end in; closing quotation marks and brackets; what starts a list's item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Arrays of one entry a code point."""

    classes: NDArray[np.uint8]
    scripts: NDArray[np.uint8]
    """Index into `SCRIPTS`; 255 where the character is no letter."""
    lower: NDArray[np.int32]
    """The lower-case code point, where there is exactly one."""
    marks: NDArray[np.uint8]
    """Bits that say what a character can do, such as `ENDS_SENTENCE`."""


@cache
def tables() -> Tables:
    """The tables, made once a process (about 0.1 s)."""
    categories = np.full(CODE_POINTS, "Cn")
    for start, end in _ASSIGNED:
        categories[start:end] = [unicodedata.category(chr(cp)) for cp in range(start, end)]
    scripts = _scripts(categories)
    return Tables(
        classes=_classes(categories, scripts),
        scripts=scripts,
        lower=_lower(categories),
        marks=_marks(),
    )


def _scripts(categories: NDArray[np.str_]) -> NDArray[np.uint8]:
    letters = np.isin(categories.astype("U1"), ("L", "M"))
    scripts = np.where(letters, 0, 255).astype(np.uint8)
    for index, name in enumerate(SCRIPTS[1:], start=1):
        for start, end in SCRIPT_RANGES[name]:
            scripts[start:end][letters[start:end]] = index
    return scripts


def _classes(categories: NDArray[np.str_], scripts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    classes = np.full(CODE_POINTS, OTHER, np.uint8)
    major = categories.astype("U1")
    for kinds, number in (("LM", LETTER), ("N", DIGIT), ("PS", SYMBOL), ("Z", SPACE)):
        classes[np.isin(major, list(kinds))] = number
    classes[categories == "Cf"] = INVISIBLE
    paired = [SCRIPTS.index(name) for name in _PAIRED_SCRIPTS]
    classes[np.isin(scripts, paired)] = PAIRED
    classes[scripts == SCRIPTS.index("Hani")] = HAN
    classes[scripts == SCRIPTS.index("Kana")] = KATAKANA
    classes[ord("_")] = LETTER
    classes[[ord("\t"), ord("\r")]] = SPACE
    classes[ord("\n")] = NEWLINE
    return classes


def _marks() -> NDArray[np.uint8]:
    marks = np.zeros(CODE_POINTS, np.uint8)
    for characters, bit in (
        (_LINE_ENDS, ENDS_LINE),
        (_SENTENCE_ENDS, ENDS_SENTENCE),
        (_SENTENCE_ENDS + _QUOTES, ENDS_C4_LINE),
        (_QUOTES + ")）]", CLOSES),
        (_BULLETS, BULLET),
    ):
        marks[[ord(character) for character in characters]] |= bit
    return marks


def _lower(categories: NDArray[np.str_]) -> NDArray[np.int32]:
    lower = np.arange(CODE_POINTS, dtype=np.int32)
    for code_point in np.flatnonzero(np.isin(categories, ("Lu", "Lt"))):
        small = chr(code_point).lower()
        if len(small) == 1:
            lower[code_point] = ord(small)
    return lower


@compiled
def decode(data: NDArray[np.uint8], i: int) -> tuple[int, int]:
    """The code point whose UTF-8 bytes start at `i`, and where the next one starts.

    The bytes must be valid UTF-8: Arrow's validation, or Python's encoder, comes before.
    """
    byte = int(data[i])
    if byte < 0x80:
        return byte, i + 1
    if byte < 0xE0:
        return (byte & 0x1F) << 6 | (int(data[i + 1]) & 0x3F), i + 2
    middle = (int(data[i + 1]) & 0x3F) << 6 | (int(data[i + 2]) & 0x3F)
    if byte < 0xF0:
        return (byte & 0x0F) << 12 | middle, i + 3
    return (byte & 0x07) << 18 | middle << 6 | (int(data[i + 3]) & 0x3F), i + 4


@compiled
def mix(word: np.uint64) -> np.uint64:
    """A bijection on 64 bits whose every output bit depends on every input bit.

    Source: Steele et al. 2014, SplitMix64, in Stafford's variant 13.
    """
    word ^= word >> np.uint64(30)
    word *= np.uint64(0xBF58476D1CE4E5B9)
    word ^= word >> np.uint64(27)
    word *= np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@compiled
def absorb(word: np.uint64, item: np.uint64) -> np.uint64:
    """The running hash `word` after one more item, so that order matters."""
    return mix((word ^ item) * np.uint64(0x9E3779B97F4A7C15))
