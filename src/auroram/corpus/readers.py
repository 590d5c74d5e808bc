"""Reading records from JSON lines, Parquet and plain text, one at a time.

A record that cannot be used is handed on as a `BadRecord` with its place, so that the caller
counts it; a file that cannot be read to its end is a `DataError`. Memory holds one record, or
one small batch of a Parquet row group. A line longer than `LONGEST_LINE` bytes is a bad record,
so an archive that unpacks without end cannot fill the memory.
"""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from auroram.corpus.sources import Fields
from auroram.errors import DataError
from auroram.records.canonical import Json

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of the longest line, or of the longest text file, that is read."""

_ROWS = 256
_ZSTANDARD_BLOCK = 1024
"""Compressed bytes taken at a time: they unpack to 32 MiB at the very most."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it was found."""

    place: str
    """File and line, or file and row."""
    text: str
    id: str = ""
    url: str | None = None
    licence: str | None = None
    collected_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A record that cannot be used."""

    place: str
    reason: str
    """One of a few names: `not-utf-8`, `not-json`, `no-text`, `not-unicode`, `too-long`."""
    detail: str
    """What is wrong, in words that quote none of the text."""
    bytes: int


def read_records(
    path: Path, fields: Fields, *, name: str, advance: Callable[[int], None]
) -> Iterator[Record | BadRecord]:
    """Every record of a file, in order.

    Args:
        path: the file; its ending says the format.
        fields: what the records call things.
        name: what to call the file in places and errors.
        advance: told how many more bytes of the file were read.

    Raises:
        DataError: where the file's format is unknown or it cannot be read to its end.
    """
    ending = path.name.removesuffix(".gz").removesuffix(".zst").rpartition(".")[2]
    reader = _READERS.get(ending)
    if reader is None:
        raise DataError(
            f"{name}: unknown kind of file ({path.suffix!r}); "
            "known are .jsonl, .json, .ndjson and .txt, also with .gz or .zst, and .parquet"
        )
    with path.open("rb", buffering=0) as raw, _Metered(raw, advance) as metered:
        try:
            yield from reader(metered, path, fields, name)
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            raise DataError(
                f"{name}: the compressed file is truncated or damaged ({error}); "
                "fetch or make it again"
            ) from error
        except pa.ArrowInvalid as error:
            raise DataError(
                f"{name}: not a whole Parquet file ({_first_line(error)}); fetch or make it again"
            ) from error


def _json_lines(
    raw: io.RawIOBase, path: Path, fields: Fields, name: str
) -> Iterator[Record | BadRecord]:
    with closing(_decompressed(raw, path)) as stream:
        for number, line in enumerate(_lines(stream), start=1):
            place = f"{name}:{number}"
            if len(line) > LONGEST_LINE:
                yield _bad(place, "too-long", f"the line is over {LONGEST_LINE} bytes", line)
            elif line.strip():
                yield _json_record(line.removeprefix(_BYTE_ORDER_MARK), fields, place)


def _lines(stream: io.BufferedIOBase) -> Iterator[bytes]:
    """The lines; of one that is too long only the start is kept."""
    while line := stream.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE + 1)


def _json_record(line: bytes, fields: Fields, place: str) -> Record | BadRecord:
    try:
        table = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return _bad(place, "not-utf-8", f"invalid UTF-8 at byte {error.start + 1}", line)
    except json.JSONDecodeError as error:
        return _bad(place, "not-json", f"not JSON at column {error.colno}: {error.msg}", line)
    except RecursionError:
        return _bad(place, "not-json", "JSON nested too deeply", line)
    if not isinstance(table, dict):
        return _bad(place, "not-json", "JSON, but not an object", line)
    return _record(table, fields, place, len(line))


def _record(table: Json, fields: Fields, place: str, size: int) -> Record | BadRecord:
    text = table.get(fields.text)
    if not isinstance(text, str):
        found = ", ".join(sorted(map(repr, table))) or "nothing"
        detail = f"no text under {fields.text!r} (the record holds {found})"
        return BadRecord(place=place, reason="no-text", detail=_encodable(detail), bytes=size)
    strings = {
        key: value if isinstance(value, str) and value else None
        for key, value in (
            ("id", table.get(fields.id)),
            ("url", table.get(fields.url)),
            ("licence", table.get(fields.licence)),
            ("collected_at", table.get(fields.collected_at)),
        )
    }
    try:
        "".join([text, *(value or "" for value in strings.values())]).encode()
    except UnicodeEncodeError:
        detail = "the text holds half of a surrogate pair"
        return BadRecord(place=place, reason="not-unicode", detail=detail, bytes=size)
    return Record(
        place=place,
        text=text,
        id=strings["id"] or "",
        url=strings["url"],
        licence=strings["licence"],
        collected_at=strings["collected_at"],
    )


def _plain_text(
    raw: io.RawIOBase, path: Path, fields: Fields, name: str
) -> Iterator[Record | BadRecord]:
    del fields
    with closing(_decompressed(raw, path)) as stream:
        content = stream.read(LONGEST_LINE + 1).removeprefix(_BYTE_ORDER_MARK)
    if len(content) > LONGEST_LINE:
        yield _bad(f"{name}:1", "too-long", f"the file is over {LONGEST_LINE} bytes", content)
        return
    try:
        yield Record(place=f"{name}:1", text=content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        detail = f"invalid UTF-8 at byte {error.start + 1}"
        yield _bad(f"{name}:{line}", "not-utf-8", detail, content)


def _parquet(
    raw: io.RawIOBase, path: Path, fields: Fields, name: str
) -> Iterator[Record | BadRecord]:
    del path
    file = pq.ParquetFile(raw)
    names = set(file.schema_arrow.names)
    if fields.text not in names:
        raise DataError(
            f"{name}: no column {fields.text!r} (there are {', '.join(sorted(names))}); "
            "say in fields.text what the text is called"
        )
    columns = [
        column
        for column in (fields.text, fields.id, fields.url, fields.licence, fields.collected_at)
        if column in names
    ]
    row = 0
    for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
        for i in range(batch.num_rows):
            row += 1
            yield _parquet_record(batch, i, fields, f"{name}:row {row}")


def _parquet_record(
    batch: pa.RecordBatch, i: int, fields: Fields, place: str
) -> Record | BadRecord:
    try:
        table = {column: batch.column(column)[i].as_py() for column in batch.schema.names}
    except UnicodeDecodeError as error:
        detail = f"invalid UTF-8 at byte {error.start + 1} of a column"
        return BadRecord(place=place, reason="not-utf-8", detail=detail, bytes=0)
    text = table.get(fields.text)
    return _record(table, fields, place, len(text.encode()) if isinstance(text, str) else 0)


_Reader = Callable[[io.RawIOBase, Path, Fields, str], Iterator[Record | BadRecord]]
_READERS: dict[str, _Reader] = {
    "jsonl": _json_lines,
    "json": _json_lines,
    "ndjson": _json_lines,
    "txt": _plain_text,
    "parquet": _parquet,
}


def _bad(place: str, reason: str, detail: str, content: bytes) -> BadRecord:
    return BadRecord(place=place, reason=reason, detail=detail, bytes=len(content))


def _encodable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].strip()


def _decompressed(raw: io.RawIOBase, path: Path) -> io.BufferedIOBase:
    if path.suffix == ".gz":
        return gzip.GzipFile(fileobj=raw)
    if path.suffix == ".zst":
        return io.BufferedReader(_Zstandard(raw), 1 << 17)
    return io.BufferedReader(raw, 1 << 17)


class _Zstandard(io.RawIOBase):
    """Frames of a .zst file, one after another.

    The library's own reader takes a file that ends within a frame for a whole one.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._started = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:  # noqa: ANN401 -- a writable buffer
        while not self._ready and self._more():
            pass
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _more(self) -> bool:
        rest = self._frame.unused_data if self._frame.eof else b""
        block = rest or self._raw.read(_ZSTANDARD_BLOCK)
        if self._frame.eof and block:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._started = False
        if not block:
            if self._started and not self._frame.eof:
                raise EOFError("the last frame has no end")
            return False
        self._started = True
        self._ready = memoryview(self._frame.decompress(block))
        return True


class _Metered(io.RawIOBase):
    """A file that tells how many bytes were read from it."""

    def __init__(self, raw: io.FileIO, advance: Callable[[int], None]) -> None:
        self._raw = raw
        self._advance = advance

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def readinto(self, target: Any) -> int:  # noqa: ANN401 -- a writable buffer
        size = self._raw.readinto(target) or 0
        self._advance(size)
        return size
