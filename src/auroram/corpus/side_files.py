"""Small files that a recipe names beside its sources: lists, snapshots, evaluation texts.

Lines of UTF-8, on this machine or at a URL, plain, `.gz`, `.zst` or `.bz2`; read line by line,
every fault with its place.
"""

import json
from collections.abc import Iterator

from auroram.corpus.readers.lines import lines_of
from auroram.corpus.readers.records import LONGEST_RECORD
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.unpacking import DamagedError, unpacked_name
from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.text.encodings import how_to_convert


def lines_in(url: str, *, name: str) -> Iterator[tuple[str, str]]:
    """Each line that is not blank, without its end, after its place (`name:number`).

    A byte order mark at the start, as spreadsheets write it, is no part of the first line.

    Args:
        url: path or URL of the file.
        name: what to call it in places and errors.

    Raises:
        DataError: where the file is missing, damaged or not UTF-8.
        RunError: where it cannot be reached.
    """
    part = Slice(url=url, name=name, kind="text", bytes=0)
    try:
        for number, line in enumerate(lines_of(part, _ignore), start=1):
            place = f"{name}:{number}"
            text = _decoded(line, place).removeprefix("\ufeff" if number == 1 else "")
            if text.strip():
                yield place, text.strip("\r\n")
    except DamagedError as error:
        raise DataError(f"{name}: {error}; fetch or make it again") from None


def objects_in(url: str, *, name: str) -> Iterator[tuple[str, Json]]:
    """Each JSON object of a file of JSON lines, after its place.

    Raises:
        DataError: as `lines_in`, and where a line is no JSON object.
        RunError: where the file cannot be reached.
    """
    for place, line in lines_in(url, name=name):
        try:
            table = json.loads(line)
        except (ValueError, RecursionError):
            raise DataError(f"{place}: not JSON ({line[:40]!r}); mend the line") from None
        if not isinstance(table, dict):
            raise DataError(f"{place}: not a JSON object ({line[:40]!r}); mend the line")
        yield place, table


def unpacked_suffix(url: str) -> str:
    """The ending that says what a file holds: `.jsonl` of `a.jsonl.gz`."""
    _, dot, ending = unpacked_name(url).rpartition(".")
    return dot + ending


def _decoded(line: bytes | int, place: str) -> str:
    if isinstance(line, int):
        raise DataError(f"{place}: the line is over {LONGEST_RECORD} bytes; cut it")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise DataError(f"{place}: not UTF-8{how_to_convert(line)}") from None


def _ignore(units: int) -> None:
    """Nobody waits for so small a file."""
