"""Records as JSON lines: one object a line, UTF-8, written whole or not at all."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from auroram.records.canonical import Json, plain
from auroram.records.files import atomic_path


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
