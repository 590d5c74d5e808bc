"""Records that cannot be used: set aside with their place and reason, up to a stated share."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

from auroram.corpus.readers.records import DAMAGED, BadRecord
from auroram.errors import DataError

NAMED = 3
"""Bad records that an error names."""
_FEWEST = 100
"""Bad records without which a source is read to its end: a damaged file is one, however long."""
_DENSER = 10
"""So many times as many records a byte the rest of a source may have, all of them whole."""


class Quarantine:
    """Writes bad records as JSON lines."""

    def __init__(self, file: TextIO, highest_share: float) -> None:
        self._file = file
        self._highest_share = highest_share
        self.count = 0
        """Records set aside."""
        self.first: list[str] = []
        """Place and detail of the first few."""
        self.damaged: dict[str, str] = {}
        """Each file that could not be read to its end, to what is wrong with it."""

    def add(self, bad: BadRecord) -> None:
        """Set one record aside.

        Raises:
            DataError: where no bad record is allowed.
        """
        if self._highest_share == 0:
            raise DataError(
                f"{bad.place}: {bad.detail}; mend the record, or raise highest_bad_share to set "
                "such records aside"
            )
        row = {"place": bad.place, "reason": bad.reason, "detail": bad.detail, "bytes": bad.bytes}
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.count += 1
        if bad.reason == DAMAGED:
            self.damaged.setdefault(bad.place, bad.detail)
        self.first = [*self.first, f"{bad.place} ({bad.detail})"][:NAMED]


@dataclass(slots=True, kw_only=True)
class BadShare:
    """Which share of a source's records is bad, as its portions arrive in order.

    Before the source's end only what its rest can hardly make up for is too much, so that a bad
    beginning alone does not give it up.
    """

    place: str
    """Of the source, for the error's sentence."""
    highest: float
    """The highest share allowed, in [0, 1]."""
    bytes_left: int
    """Of the source's files."""
    is_sized: bool
    """Whether the size of each of its files is known."""
    bytes_read: int = 0
    records: int = 0
    bad: int = 0
    first: list[str] = field(default_factory=list)
    """Place and detail of the first bad records."""

    def add(self, *, size: int, documents: int, bad: int, first: Sequence[str]) -> None:
        """Count a portion of `size` bytes."""
        self.bytes_read += size
        self.bytes_left -= size
        self.records += documents + bad
        self.bad += bad
        self.first = [*self.first, *first][:NAMED]

    def fault(self, *, at_end: bool) -> str | None:
        """The sentence that stops the stage, where too many records are bad."""
        most: float = self.records
        if not at_end:
            if self.bad < _FEWEST or not self.is_sized:
                return None
            most += _DENSER * self.records * self.bytes_left / self.bytes_read
        if self.bad <= self.highest * most:
            return None
        of = "" if at_end else "the first "
        return (
            f"{self.place}: {self.bad} of {of}{self.records} records are bad, above "
            f"highest_bad_share {self.highest:g}; the first are {', '.join(self.first)}"
        )
