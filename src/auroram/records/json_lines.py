"""Records as JSON lines: one object a line, UTF-8, written whole or not at all."""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from auroram.errors import DataError
from auroram.records.canonical import Json, plain
from auroram.records.files import atomic_path

Row = TypeVar("Row", bound=Any)


def write_json_lines(path: Path, records: Iterable[object]) -> None:
    """Write one object a line: dataclasses become objects with their fields in order."""
    with atomic_path(path) as beside, beside.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(plain(record), ensure_ascii=False, allow_nan=False) + "\n")


def read_json_lines(path: Path) -> Iterator[Json]:
    """The objects of a file that `write_json_lines` made, in order."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def last_json_line(path: Path) -> Json | None:
    """The last object of such a file, none of the others held; None where there is none."""
    if not path.is_file():
        return None
    newest = deque(read_json_lines(path), maxlen=1)
    return newest.pop() if newest else None


def read_rows(path: Path, row: type[Row], *, mend: str) -> tuple[Row, ...]:
    """The rows of a file that `write_json_lines` made of a dataclass; none where there is no file.

    Args:
        path: of the file.
        row: the dataclass.
        mend: what to do where the file is damaged.

    Raises:
        DataError: where it is damaged.
    """
    if not path.is_file():
        return ()
    try:
        return tuple(row(**fields) for fields in read_json_lines(path))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path}: damaged ({error}); {mend}") from None
