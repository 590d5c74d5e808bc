"""Texts that carry the reading of their Han characters in brackets: `漢字[かんじ]を読[よ]む`.

From one text come three: as it is written, in kana, and in Latin letters.
"""

import re

_READ = re.compile(r"([\u3400-\u9fff々]+)\[([\u3041-\u30ffー]+)\]")
_HAN = re.compile(r"[\u3400-\u9fff々]+")


def written(marked: str) -> str:
    """The text without readings.

    >>> written("本[ほん]を読[よ]む")
    '本を読む'
    """
    return _READ.sub(r"\1", marked)


def in_kana(marked: str) -> str:
    """The text with the reading in place of Han characters.

    >>> in_kana("本[ほん]を読[よ]む")
    'ほんをよむ'
    """
    return _READ.sub(r"\2", marked)


def unread(marked: str) -> list[str]:
    """Runs of Han characters that carry no reading."""
    return _HAN.findall(_READ.sub("", marked))


def pieces(marked: str) -> list[tuple[str, bool]]:
    """The text in kana, cut where readings begin and end, and whether a piece is one."""
    found: list[tuple[str, bool]] = []
    end = 0
    for match in _READ.finditer(marked):
        if match.start() > end:
            found.append((marked[end : match.start()], False))
        found.append((match.group(2), True))
        end = match.end()
    return [*found, (marked[end:], False)] if end < len(marked) else found
