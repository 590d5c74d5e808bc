"""What an edit changed, piece by piece."""

import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

UNSPACED = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uf900", "\ufaff"))
"""Kana and Han: each character is a piece, since no spaces part words."""


class Piece(NamedTuple):
    """A stretch of text that both versions have, or one of them alone."""

    kind: Literal["same", "out", "in"]
    text: str


def changes(before: str, after: str) -> list[Piece]:
    """The pieces that lead from one text to the other, by words or by unspaced characters."""
    old, new = list(_pieces(before)), list(_pieces(after))
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(old[a:b])))
            continue
        found += [Piece("out", "".join(old[a:b]))] if a < b else []
        found += [Piece("in", "".join(new[c:d]))] if c < d else []
    return found


def _pieces(text: str) -> Iterator[str]:
    """Words with their marks, and every other character by itself; joined they are the text."""
    piece = ""
    for character in text:
        kind = unicodedata.category(character)[0]
        # A vowel sign or an accent is never cut from its letter.
        grows = kind == "M" or (kind in "LN" and piece[-1:].isalnum() and not _unspaced(character))
        if piece and not (grows or (kind in "LN" and _ends_in_mark(piece))):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _ends_in_mark(piece: str) -> bool:
    return unicodedata.category(piece[-1])[0] == "M"


def _unspaced(character: str) -> bool:
    return any(first <= character <= last for first, last in UNSPACED)
