"""Records that cannot be used: set aside with their place and reason, up to a stated share."""

import json
from collections.abc import Sequence
from typing import TextIO

from auroram.corpus.readers.records import BadRecord
from auroram.errors import DataError

NAMED = 3
"""Bad records that an error names."""


class Quarantine:
    """Writes bad records as JSON lines."""

    def __init__(self, file: TextIO, highest_share: float) -> None:
        self._file = file
        self._highest_share = highest_share
        self.count = 0
        """Records set aside."""
        self.first: list[str] = []
        """Place and detail of the first few."""

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
        self.first = [*self.first, f"{bad.place} ({bad.detail})"][:NAMED]


def refuse_many_bad(place: str, bad: int, records: int, first: Sequence[str], share: float) -> None:
    """Stop where more than a share of a source's records are bad.

    Args:
        place: of the source, for the error's sentence.
        bad: bad records.
        records: all records.
        first: place and detail of the first bad ones.
        share: the highest share allowed, in [0, 1].

    Raises:
        DataError: where there are more, with the first places.
    """
    if bad and bad / records > share:
        raise DataError(
            f"{place}: {bad} of {records} records are bad, above highest_bad_share {share:g}; "
            f"the first are {', '.join(first)}"
        )
