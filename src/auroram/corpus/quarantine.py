"""Records that cannot be used: set aside with their place and reason, up to a stated share."""

import json
from typing import TextIO

from auroram.corpus.readers import BadRecord
from auroram.errors import DataError

_NAMED = 3


class Quarantine:
    """Writes bad records as JSON lines and stops the stage where there are too many."""

    def __init__(self, file: TextIO, highest_share: float) -> None:
        self._file = file
        self._highest_share = highest_share
        self._first: list[BadRecord] = []
        self._count = 0

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
        self._count += 1
        self._first = [*self._first, bad][:_NAMED]

    def end_source(self, place: str, good: int) -> int:
        """How many records of the source just read were bad, beside `good` ones.

        Raises:
            DataError: where their share is above the highest allowed, with the first places.
        """
        bad = self._count
        if bad and bad / (bad + good) > self._highest_share:
            first = ", ".join(f"{item.place} ({item.detail})" for item in self._first)
            raise DataError(
                f"{place}: {bad} of {bad + good} records are bad, above highest_bad_share "
                f"{self._highest_share:g}; the first are {first}"
            )
        self._count, self._first = 0, []
        return bad
