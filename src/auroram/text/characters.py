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

CODE_POINTS = 0x110000

OTHER, LETTER, DIGIT, HAN, PAIRED, KATAKANA, SYMBOL, SPACE, NEWLINE, INVISIBLE = range(10)
"""Classes. `PAIRED` letters belong to scripts written without spaces (hiragana, Thai, ...).
`INVISIBLE` ones (joiners and other format characters) neither count nor end a word."""

SCRIPT_RANGES = {
    "Latn": ((0x41, 0x5B), (0x61, 0x7B), (0xAA, 0xAB), (0xBA, 0xBB), (0xC0, 0x2B9),
             (0x1D00, 0x1D26), (0x1D62, 0x1D66), (0x1D6B, 0x1D9B), (0x1E00, 0x1F00),
             (0x2090, 0x209D), (0x2184, 0x2185), (0x2C60, 0x2C80), (0xA722, 0xA788),
             (0xA78B, 0xA800), (0xAB30, 0xAB65), (0xAB66, 0xAB69), (0xFF21, 0xFF3B),
             (0xFF41, 0xFF5B)),
    "Grek": ((0x370, 0x3E2), (0x3F0, 0x400), (0x1D26, 0x1D2B), (0x1D66, 0x1D6B),
             (0x1F00, 0x2000)),
    "Cyrl": ((0x400, 0x530), (0x1C80, 0x1C90), (0x1D2B, 0x1D2C), (0x2DE0, 0x2E00),
             (0xA640, 0xA6A0)),
    "Armn": ((0x531, 0x590),),
    "Hebr": ((0x591, 0x600), (0xFB1D, 0xFB50)),
    "Arab": ((0x600, 0x700), (0x750, 0x780), (0x870, 0x890), (0x8A0, 0x900), (0xFB50, 0xFE00),
             (0xFE70, 0xFEFF)),
    "Deva": ((0x900, 0x980), (0xA8E0, 0xA900)),
    "Beng": ((0x980, 0xA00),),
    "Guru": ((0xA00, 0xA80),),
    "Gujr": ((0xA80, 0xB00),),
    "Orya": ((0xB00, 0xB80),),
    "Taml": ((0xB80, 0xC00),),
    "Telu": ((0xC00, 0xC80),),
    "Knda": ((0xC80, 0xD00),),
    "Mlym": ((0xD00, 0xD80),),
    "Sinh": ((0xD80, 0xE00),),
    "Thai": ((0xE00, 0xE80),),
    "Laoo": ((0xE80, 0xF00),),
    "Tibt": ((0xF00, 0x1000),),
    "Mymr": ((0x1000, 0x10A0), (0xA9E0, 0xAA00), (0xAA60, 0xAA80)),
    "Geor": ((0x10A0, 0x1100), (0x1C90, 0x1CC0), (0x2D00, 0x2D30)),
    "Hang": ((0x1100, 0x1200), (0x3130, 0x3190), (0xA960, 0xA980), (0xAC00, 0xD800)),
    "Ethi": ((0x1200, 0x13A0), (0x2D80, 0x2DE0), (0xAB00, 0xAB30)),
    "Khmr": ((0x1780, 0x1800),),
    "Hira": ((0x3041, 0x3097), (0x309D, 0x30A0), (0x1B001, 0x1B120)),
    "Kana": ((0x30A1, 0x30FB), (0x30FC, 0x3100), (0x31F0, 0x3200), (0xFF66, 0xFFA0)),
    "Hani": ((0x3005, 0x3008), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00),
             (0x20000, 0x32000)),
}  # fmt: skip
"""ISO 15924 code to half-open ranges of its letters and marks. Source: Unicode blocks."""

_ASSIGNED = (0, 0x40000), (0xE0000, 0xF0000)
"""Where characters are. Beyond lie planes without any and private ones, whose class is the same;
asking about each of their code points would take most of the time."""
SCRIPTS = ("Zyyy", *SCRIPT_RANGES)
"""The scripts that are told apart; `Zyyy` stands for letters of all others."""

_PAIRED_SCRIPTS = ("Hira", "Thai", "Laoo", "Khmr", "Mymr", "Tibt")
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
