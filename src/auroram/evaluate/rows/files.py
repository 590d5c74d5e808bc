"""Rows from files: JSON, JSON lines, CSV, TSV, Parquet, a text a line; gzip where named `.gz`."""

import csv
import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from auroram.errors import DataError

Row = dict[str, Any]

ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt")
"""What can be read, best first where a folder holds several for one split."""


def read_rows(path: Path, options: Mapping[str, Any] | None = None) -> list[Row]:
    """All rows of a file.

    Args:
        path: its ending says what it is.
        options: `field` of a JSON object that holds the rows; `delimiter` of a CSV file.

    Raises:
        DataError: where the file is missing, broken, or of another kind.
    """
    told = options or {}
    ending = Path(path.name.removesuffix(".gz")).suffix
    try:
        if ending == ".parquet":
            return _plain(pq.read_table(path).to_pylist(), path)
        text = _text(path)
        if ending in (".json", ".jsonl"):
            return _plain(_json(text, told.get("field")), path)
        if ending in (".csv", ".tsv"):
            delimiter = told.get("delimiter", "\t" if ending == ".tsv" else ",")
            return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
        if ending == ".txt":
            return [{"text": line} for line in text.splitlines() if line.strip()]
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; name data that is there") from None
    except (ValueError, KeyError, TypeError, OSError, csv.Error, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as {ending} ({error}); correct it") from None
    raise DataError(f"{path}: {ending!r} cannot be read; give one of {', '.join(ENDINGS)}")


def split_file(folder: Path, split: str) -> Path:
    """The file of a split in a folder, such as `test.jsonl` or `test-00000-of-00001.parquet`.

    Raises:
        DataError: where there is none.
    """
    for ending in ENDINGS:
        for packed in ("", ".gz"):
            for found in sorted(folder.glob(f"{split}*{ending}{packed}")):
                if found.name[len(split)] in ".-_":
                    return found
    raise DataError(
        f"{folder}: no file for split {split!r}; add {split}.jsonl (or {', '.join(ENDINGS[1:])})"
    )


def _text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def _json(text: str, field: str | None) -> list[Row]:
    """Rows of one JSON value, or of one a line."""
    if text.lstrip()[:1] == "[":
        value = json.loads(text)
    elif field:
        value = json.loads(text)[field]
    else:
        value = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not isinstance(value, list):
        raise TypeError("no list of objects")
    return value


def _plain(rows: list[Any], path: Path) -> list[Row]:
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise DataError(f"{path}: row {number + 1} is no object ({type(row).__name__})")
    return rows
