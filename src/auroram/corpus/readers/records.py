"""What a reader yields: a record, a record that cannot be used, or a thing that is no text.

What lay in the input is always the sum of the three, so that nothing is lost unseen.
"""

from dataclasses import dataclass

LONGEST_RECORD = 64 * 1024 * 1024
"""Bytes of the longest record that is read: a line, a text file, a page, a row's text."""
DAMAGED = "damaged"
"""The reason of a bad record that stands for the rest of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it was found."""

    place: str
    """File and line, row, page or record."""
    text: str
    id: str = ""
    url: str | None = None
    licence: str | None = None
    collected_at: str | None = None
    optout: str | None = None
    """What the page states against training on it, as `opt_outs.reservations_in` gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A record that cannot be used, or the rest of a file that cannot be read."""

    place: str
    reason: str
    """One of a few names: `not-utf-8`, `not-json`, `no-text`, `not-unicode`, `not-xml`,
    `damaged-page`, `too-long`, `too-deep`; `damaged` where the rest of the file is lost."""
    detail: str
    """What is wrong, in words that quote none of the text."""
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A thing that is whole but no text to learn from: a redirect, an image, a request."""

    place: str
    reason: str
    """One of a few names. Web archives: `not-a-page`, `robots-txt`, `http-status`, `not-text`,
    `no-content`. Dumps: `redirect`, `not-an-article`, `not-wikitext`, `no-content`. Source trees:
    `hidden`, `vendored`, `generated`, `not-code`, `binary`, `not-utf-8`, `empty`, `too-long`,
    `link`."""
    bytes: int


Found = Record | BadRecord | Skipped
"""What a reader yields, in the order of the input."""


def bad(place: str, reason: str, detail: str, size: int) -> BadRecord:
    """A `BadRecord` whose detail can be written as UTF-8 whatever it quotes."""
    detail = detail.encode(errors="replace").decode()
    return BadRecord(place=place, reason=reason, detail=detail, bytes=size)
