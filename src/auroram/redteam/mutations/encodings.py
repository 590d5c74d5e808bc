"""Mutations of letters that hold in any language: the words stay, their characters change."""

import base64
import codecs
import unicodedata
from itertools import pairwise

ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"
_VIRAMA = "\N{DEVANAGARI SIGN VIRAMA}"
_HOMOGLYPHS = str.maketrans("aceiopxyABCEHIKMOPTX", "асеіорхуАВСЕНІКМОРТХ")
"""Latin letters and the Cyrillic ones that look the same."""
_LEET = str.maketrans("aeiostAEIOST", "431057431057")


def in_base64(text: str) -> str:
    """The text's UTF-8 in Base64.

    >>> in_base64("May I?")
    'TWF5IEk/'
    """
    return base64.b64encode(text.encode()).decode()


def in_rot13(text: str) -> str:
    """Latin letters moved on by 13 places.

    >>> in_rot13("May I?")
    'Znl V?'
    """
    return codecs.encode(text, "rot13")


def in_homoglyphs(text: str) -> str:
    """Latin letters as Cyrillic ones that look the same."""
    return text.translate(_HOMOGLYPHS)


def in_leetspeak(text: str) -> str:
    """Letters as digits that look like them.

    >>> in_leetspeak("Tell me")
    '7311 m3'
    """
    return text.translate(_LEET | {ord("l"): "1"})


def with_zero_width(text: str) -> str:
    """An invisible space between letters, never before a mark that sits on the letter."""
    result = [text[:1]]
    for left, right in pairwise(text):
        parted = left.isalpha() and right.isalpha() and left != _VIRAMA
        if parted and not unicodedata.category(right).startswith("M"):
            result.append(ZERO_WIDTH)
        result.append(right)
    return "".join(result)


def without_diacritics(text: str) -> str:
    """Letters without tones and other marks, as Vietnamese is typed in haste.

    >>> without_diacritics("Điện thoại của tôi")
    'Dien thoai cua toi'
    """
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = (letter for letter in bare if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFC", "".join(kept))
