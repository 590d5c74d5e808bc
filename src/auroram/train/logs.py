"""JSON lines that a resumed run cuts back to where its checkpoint was made."""

import os
from pathlib import Path
from types import TracebackType

from auroram.records.canonical import Json, canonical_json


class Log:
    """Appends objects to a file, one a line."""

    def __init__(self, path: Path, keep_bytes: int) -> None:
        """Open the file; what lies beyond `keep_bytes` was written by steps that will be redone."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._path = path
        self._file = path.open("r+b")
        self.cut(keep_bytes)

    def cut(self, keep_bytes: int) -> None:
        """Drop what lies beyond so many bytes."""
        self._file.flush()
        self._file.truncate(keep_bytes)
        self._file.seek(keep_bytes)

    def write(self, record: Json) -> None:
        """Append one object, which whoever follows the file sees at once."""
        self._file.write(canonical_json(record) + b"\n")
        self._file.flush()

    def durable_bytes(self) -> int:
        """Size of the file, all of it on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def __enter__(self) -> "Log":
        """The log itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file, all of it on the disk; one that nothing was written to goes."""
        size = self.durable_bytes()
        self._file.close()
        if not size:
            self._path.unlink()
