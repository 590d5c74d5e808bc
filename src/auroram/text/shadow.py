"""An ASCII shadow of a text: one character for each, digits of other scripts made plain.

Patterns and validators read the shadow, so that `０９０`, `०९०` and `090` are one number to them,
while the places that they find are places of the text itself.
"""

import unicodedata
from functools import cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70\ufe63"
_SPACES = "\u00a0\u2007\u2009\u202f\u3000"
FOREIGN = "\x01"
"""Stands for a letter or a mark that has no like in ASCII."""
_BLANK = "\x00"


def shadow(text: str) -> str:
    """The text in ASCII, as long as it was; other letters are `FOREIGN`, the rest is null.

    Decimal digits of any script become 0 to 9; full-width forms, dashes and blanks become what
    they look like; letters of Latin script become their base letter or `a`.
    """
    return text if text.isascii() else text.translate(_table())


class _Table(dict[int, str]):
    """Fills itself with the characters that texts bring."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = chr(code) if code < 128 else _plain(chr(code))
        return plain


@cache
def _table() -> _Table:
    return _Table()


def _plain(character: str) -> str:
    if character in _DASHES:
        return "-"
    if character in _SPACES:
        return " "
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    first = unicodedata.normalize("NFKD", character)[0]
    if first.isascii():
        return first
    if "LATIN" in unicodedata.name(character, ""):
        return "a"
    return FOREIGN if unicodedata.category(character)[0] in "LM" else _BLANK
