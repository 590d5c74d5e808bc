"""A file of JSON lines that is only appended, by several processes at once.

A block of lines is written at a time and under a lock. A kill in the middle leaves a line without
an end, which is passed over in reading and cut off before the next is written.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

from auroram.records.canonical import plain


@dataclass(frozen=True, slots=True)
class Journal:
    """The file, which need not exist yet."""

    path: Path

    def lines(self) -> Iterator[tuple[str, bytes]]:
        """Each whole line, with its place for what is wrong with it."""
        if not self.path.is_file():
            return
        for number, line in enumerate(self.path.read_bytes().splitlines(keepends=True), start=1):
            if line.endswith(b"\n"):
                yield f"{self.path}:{number}", line

    def append(self, records: Iterable[object]) -> None:
        """Keep the records, durably."""
        lines = "".join(json.dumps(plain(one), ensure_ascii=False) + "\n" for one in records)
        if not lines:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            flock(file, LOCK_EX)
            _cut_torn_line(file.fileno())
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())


def _cut_torn_line(file: int) -> None:
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        whole = os.pread(file, size, 0).rfind(b"\n") + 1
        os.ftruncate(file, whole)
