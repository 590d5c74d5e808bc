"""Text that was decoded with the wrong encoding: found by a linear test, mended by ftfy.

ftfy (Speer 2019, doi 10.5281/zenodo.2591652) reads about 5 MB/s, so it is asked only about lines
in which characters stand together that are what a UTF-8 sequence looks like in one of the
encodings that text is mistaken for: a lead byte's character and as many continuation bytes'
characters as it calls for. Right text hardly ever has such a line, and then ftfy decides.

What is put right: UTF-8 read as a single-byte encoding, once or several times over, and stray
bytes of windows-1252 between U+0080 and U+009F. Beyond ftfy, a whole line that was read as
windows-1258 (Vietnamese) or Shift JIS (Japanese) and still has all its bytes. Nothing else of
ftfy is used: quotes, widths, ligatures and entities stay as they are.
"""

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
from ftfy import fix_encoding
from ftfy.badness import badness
from ftfy.chardata import CHARMAP_ENCODINGS
from ftfy.fixes import fix_c1_controls
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import decode
from auroram.text.compiled import compiled

_ENCODINGS = (*CHARMAP_ENCODINGS, "cp1258")
_WHOLE_LINE = ("cp1258", "cp932")
"""Encodings that ftfy does not know: taken where a whole line turns back into UTF-8."""
_FEWEST = 2
"""Characters beyond ASCII that such a line must yield, and odd places that a line must have to be
called broken, so that chance has no hand in it: Finnish may well say `ä»`."""
_KANA_LEADS = (0x7E3A, 0x7E67, 0x7E5D)
"""What the first two bytes of kana are in Shift JIS; as characters they are all but unused."""
_FEWEST_LEADS = 3
_BMP = 0x10000
_LANE = 16
"""Bits a kind of byte has in the table, one an encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A text after mending."""

    text: str
    left: bool
    """Whether something looks broken that could not be put right."""


def suspects(buffer: Buffer) -> NDArray[np.bool_]:
    """Which texts may have been decoded with the wrong encoding.

    False means that `mend` would change nothing. Linear, without the interpreter's lock.
    """
    found = np.zeros(len(buffer), np.bool_)
    _suspect(buffer.data, buffer.offsets, _roles(), found)
    return found


def mend(text: str) -> Mended:
    """The text with every line put right that can be.

    >>> mend("Tiáº¿ng Viá»‡t").text
    'Tiếng Việt'
    """
    lines = text.split("\n")
    left = False
    for i in np.flatnonzero(suspects(Buffer.of(lines))):
        lines[i] = _mend_line(lines[i])
        left = left or _looks_broken(lines[i])
    return Mended(text="\n".join(lines), left=left)


def _mend_line(line: str) -> str:
    for encoding in _WHOLE_LINE:
        try:
            turned = line.encode(encoding).decode()
        except UnicodeError:
            continue
        if sum(character > "\x7f" for character in turned) >= _FEWEST:
            return turned
    return fix_c1_controls(fix_encoding(line))


def _looks_broken(line: str) -> bool:
    return (
        badness(line) >= _FEWEST or sum(ord(sign) in _KANA_LEADS for sign in line) >= _FEWEST_LEADS
    )


@cache
def _roles() -> NDArray[np.uint64]:
    """What each character may be in each encoding: a bit of four lanes.

    From the lowest lane: a continuation byte, then the lead of a sequence of two, three, four.
    """
    roles = np.zeros(_BMP, np.uint64)
    for (number, encoding), byte in itertools.product(enumerate(_ENCODINGS), range(0x80, 0xF5)):
        try:
            character = ord(bytes([byte]).decode(encoding))
        except UnicodeDecodeError:
            continue
        lane = 0 if byte < 0xC0 else 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
        roles[character] |= np.uint64(1 << (lane * _LANE + number))
    return roles


@compiled
def _suspect(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    roles: NDArray[np.uint64],
    found: NDArray[np.bool_],
) -> None:
    mask = np.uint64(0xFFFF)
    for text in range(len(found)):
        i, end = offsets[text], offsets[text + 1]
        one = two = three = np.uint64(0)
        leads = 0
        while i < end:
            if data[i] < 0x80:
                one = two = three = np.uint64(0)
                i += 1
                continue
            code_point, i = decode(data, i)
            if code_point >= _BMP:
                one = two = three = np.uint64(0)
                continue
            role = roles[code_point]
            follows = role & mask
            if one & follows:
                found[text] = True
                break
            one = (two & follows) | (role >> np.uint64(16) & mask)
            two = (three & follows) | (role >> np.uint64(32) & mask)
            three = role >> np.uint64(48)
            stray = 0x80 <= code_point < 0xA0 and code_point != 0x85
            leads += code_point in _KANA_LEADS
            if stray or leads >= _FEWEST_LEADS:
                found[text] = True
                break
