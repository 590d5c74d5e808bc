"""Small files that a recipe names beside its sources: lists, snapshots, evaluation texts.

Lines of UTF-8, plain, `.gz` or `.zst`; read line by line, every fault with its place.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import zstandard

from auroram.errors import DataError
from auroram.records.canonical import Json

_PACKED = (".gz", ".zst")


def lines_in(path: Path, *, name: str) -> Iterator[tuple[str, str]]:
    """Each line that is not blank, without its end, after its place (`name:number`).

    Args:
        path: of the file.
        name: what to call it in places and errors.

    Raises:
        DataError: where the file is missing, damaged or not UTF-8.
    """
    try:
        with _opened(path) as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield f"{name}:{number}", line.strip("\r\n")
    except OSError as error:
        reason = error.strerror or f"damaged: {error}"
        raise DataError(
            f"{name}: cannot be read ({reason}); correct its name or fetch it"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: not UTF-8 ({error.reason}); convert it first") from None
    except (EOFError, zlib.error, zstandard.ZstdError) as error:
        raise DataError(f"{name}: truncated or damaged ({error}); fetch it again") from None


def objects_in(path: Path, *, name: str) -> Iterator[tuple[str, Json]]:
    """Each JSON object of a file of JSON lines, after its place.

    Raises:
        DataError: as `lines_in`, and where a line is no JSON object.
    """
    for place, line in lines_in(path, name=name):
        try:
            table = json.loads(line)
        except (ValueError, RecursionError):
            raise DataError(f"{place}: not JSON ({line[:40]!r}); mend the line") from None
        if not isinstance(table, dict):
            raise DataError(f"{place}: not a JSON object ({line[:40]!r}); mend the line")
        yield place, table


def unpacked_suffix(path: Path) -> str:
    """The ending that says what a file holds: `.jsonl` of `a.jsonl.gz`."""
    inner = path.with_suffix("") if path.suffix in _PACKED else path
    return inner.suffix


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().stream_reader(
            path.open("rb"), read_across_frames=True, closefd=True
        )
        return io.TextIOWrapper(raw, encoding="utf-8")
    return path.open(encoding="utf-8")
