"""Records from tables of columns: Parquet files and Arrow streams.

Values become Python strings a batch of rows at a time. Memory holds a batch of Parquet, or one
record batch of an Arrow stream as its writer made it.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auroram.corpus.readers.arrow_stream import WeighedMessages
from auroram.corpus.readers.json_lines import table_record
from auroram.corpus.readers.locations import Opened, is_url, open_location
from auroram.corpus.readers.records import LONGEST_RECORD, BadRecord, Found, Record, bad
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.unpacking import (
    HIGHEST_RATIO,
    RATIO_WINDOW,
    Advance,
    DamagedError,
    unpacked,
)
from auroram.corpus.sources import Fields
from auroram.errors import DataError, first_line
from auroram.records.canonical import Json

_MOST_ROWS = 1024
_BATCH_BYTES = 4 * 1024 * 1024
_LARGEST_BATCH = 128 * 1024 * 1024
"""Bytes of a batch if all its values were as long as they can be."""
_PAGE_HEADER = re.compile(rb"\x15([\x80-\xff]*[\x00-\x7f])\x15([\x80-\xff]*[\x00-\x7f])", re.DOTALL)
_DICTIONARY_PAGE = 2
_DAMAGE = (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError)
"""What Arrow raises; the last for names of columns, as values are decoded one by one."""


def parquet_slices(whole: Slice, target: int) -> list[Slice]:
    """Row groups of about `target` unpacked bytes together; a damaged file is one slice."""
    try:
        with _parquet(whole) as (file, _):
            groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
            packed = [_packed_bytes(group) for group in groups]
            plain = [(group.num_rows, group.total_byte_size) for group in groups]
    except DamagedError:
        return [whole]
    parts: list[Slice] = []
    start = rows = first = size = 0
    for i, (count, bytes_) in enumerate(plain):
        size += bytes_
        rows += count
        if size >= target or i == len(plain) - 1:
            weight = sum(packed[start : i + 1])
            parts.append(replace(whole, start=start, end=i + 1, first=first, bytes=weight))
            start, first, size = i + 1, rows, 0
    return parts or [replace(whole, end=0)]


def read_parquet(part: Slice, fields: Fields, advance: Advance) -> Iterator[Found]:
    """One record a row.

    Raises:
        DataError: where there is no column of the text.
        DamagedError: where the file cannot be read.
    """
    with _parquet(part) as (file, opened):
        columns = _wanted(file.schema_arrow, fields, part.name)
        row = part.first
        for i in range(part.start, min(part.end, file.num_row_groups)):
            group = file.metadata.row_group(i)
            _refuse_bomb(group)
            rows = _batch_rows(group, columns, opened)
            for batch in file.iter_batches(rows, row_groups=[i], columns=columns):
                yield from _batch_records(batch, columns, fields, part.name, row)
                row += batch.num_rows
            advance(_packed_bytes(group))


def rows_in(url: str, *, name: str, columns: Collection[str]) -> Iterator[tuple[str, Json]]:
    """Every row of a Parquet file, nested values too, after its place (`name:row number`).

    Args:
        url: path or URL of the file.
        name: what to call it in places and errors.
        columns: what is read; every column where the file has none of these.

    Raises:
        DataError: where there is no such file.
        DamagedError: where the file cannot be read.
    """
    with _parquet(Slice(url=url, name=name, kind="parquet", bytes=0)) as (file, _):
        names = file.schema_arrow.names
        wanted = [column for column in names if column in columns] or names
        row = 0
        for i in range(file.num_row_groups):
            _refuse_bomb(file.metadata.row_group(i))
            for batch in file.iter_batches(_MOST_ROWS, row_groups=[i], columns=wanted):
                for table in batch.to_pylist():
                    row += 1
                    yield f"{name}:row {row}", table


def read_arrow(part: Slice, fields: Fields, advance: Advance) -> Iterator[Found]:
    """One record a row of an Arrow stream, as Hugging Face data sets are kept on disk.

    Raises:
        DataError: where there is no column of the text.
        DamagedError: where the file cannot be read.
    """
    row = 0
    with unpacked(part, advance) as stream, damage_told("Arrow stream"):
        reader = pa.ipc.open_stream(pa.PythonFile(WeighedMessages(stream), "r"))
        columns = _wanted(reader.schema, fields, part.name)
        for batch in reader:
            yield from _batch_records(batch, columns, fields, part.name, row)
            row += batch.num_rows


@contextmanager
def damage_told(what: str) -> Iterator[None]:
    """Arrow's errors within the block as a `DamagedError`."""
    try:
        yield
    except _DAMAGE as error:
        raise DamagedError(f"not a whole {what} ({first_line(error)})") from error


@contextmanager
def _parquet(part: Slice) -> Iterator[tuple[pq.ParquetFile, Opened]]:
    """The file, and its bytes."""
    with open_location(part.url, part.name) as opened, damage_told("Parquet file"):
        if not opened.seekable():
            raise DataError(f"{part.name}: its server gives no parts of files; fetch it first")
        with pq.ParquetFile(opened if is_url(part.url) else part.url) as file:
            yield file, opened


def _batch_rows(group: pq.RowGroupMetaData, columns: Sequence[str], opened: Opened) -> int:
    """Rows that are taken at a time, so that a batch stays small.

    Rows may share a value that stands in the file once, so a row is as long as a dictionary.
    """
    mean = max(1, group.total_byte_size // max(1, group.num_rows))
    chunks = (group.column(i) for i in range(group.num_columns))
    shared = [
        _dictionary_bytes(chunk, opened) for chunk in chunks if chunk.path_in_schema in columns
    ]
    return int(max(1, min(_MOST_ROWS, _BATCH_BYTES // mean, _LARGEST_BATCH // max([1, *shared]))))


def _dictionary_bytes(chunk: pq.ColumnChunkMetaData, opened: Opened) -> int:
    """Unpacked bytes of the values that rows of a column chunk share.

    Source: Parquet's PageHeader in Thrift's compact protocol, which begins with the page's type
    and its unpacked size, each a byte 0x15 and a zigzag number.
    """
    starts = (chunk.dictionary_page_offset, chunk.data_page_offset)
    start = min(one for one in starts if one)
    if start < 0:
        raise DamagedError("a column begins before the file does")
    opened.seek(start)
    fields = _PAGE_HEADER.match(opened.read(16))
    if fields is None or _zigzag(fields[1]) != _DICTIONARY_PAGE:
        return 0
    return _zigzag(fields[2])


def _zigzag(number: bytes) -> int:
    value = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(number))
    return value >> 1


def _packed_bytes(group: pq.RowGroupMetaData) -> int:
    columns = (group.column(i) for i in range(group.num_columns))
    return sum(column.total_compressed_size for column in columns)


def _refuse_bomb(group: pq.RowGroupMetaData) -> None:
    plain = group.total_byte_size
    if plain > RATIO_WINDOW and plain > HIGHEST_RATIO * _packed_bytes(group):
        raise DamagedError(f"a row group unpacks to more than {HIGHEST_RATIO} times its size")


def _wanted(schema: pa.Schema, fields: Fields, name: str) -> list[str]:
    """The fields that there are columns of."""
    if not _has_column(schema, fields.text):
        raise DataError(
            f"{name}: no column {fields.text!r} (there are {', '.join(sorted(schema.names))}); "
            "say in fields.text what the text is called"
        )
    stated = (fields.url, fields.licence, fields.collected_at, fields.optout)
    asked = dict.fromkeys((fields.text, fields.id, *stated))
    return [column for column in asked if _has_column(schema, column)]


def _has_column(schema: pa.Schema, column: str) -> bool:
    """Whether there is a column of the name, or structs that lead to it part by part."""
    if column in schema.names:
        return True
    kind = pa.struct(schema)
    for part in column.split("."):
        if not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
            return False
        kind = kind.field(part).type
    return True


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    if name in batch.schema.names:
        return batch.column(name)
    outer, *inner = name.split(".")
    return pc.struct_field(batch.column(outer), inner)


def _batch_records(
    batch: pa.RecordBatch, columns: Sequence[str], fields: Fields, name: str, row: int
) -> Iterator[Record | BadRecord]:
    read = [_values(_column(batch, column)) for column in columns]
    for values in zip(*read, strict=True):
        row += 1
        place = f"{name}:row {row}"
        table = dict(zip(columns, values, strict=True))
        faults = [value for value in values if isinstance(value, BadRecord)]
        if faults:
            yield replace(faults[0], place=place)
        else:
            yield table_record(table, fields, place, 0)


def _values(column: pa.Array) -> list[Any]:
    """Python values; in place of one that is no text or too long a `BadRecord`.

    Dates and times are text in ISO 8601.
    """
    if pa.types.is_dictionary(column.type):
        # Looked up in Python, so that a long value that many rows share is held once.
        values = _values(column.dictionary)
        return [None if i is None else values[i] for i in column.indices.to_pylist()]
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return list(_times(column).to_pylist())
    if not _is_text(kind):
        return [None] * len(column) if pa.types.is_nested(kind) else list(column.to_pylist())
    is_large = pa.types.is_large_string(kind)
    raw = column.view(pa.large_binary() if is_large else pa.binary())
    raw.validate(full=True)
    longest = pc.max(pc.binary_length(raw)).as_py() or 0
    try:
        if longest <= LONGEST_RECORD:
            return list(column.to_pylist())
    except UnicodeDecodeError:
        pass
    return [_text_or_bad(value) for value in raw]


def _times(column: pa.Array) -> pa.Array:
    """Dates and times in ISO 8601, those that know their time zone in UTC."""
    kind = column.type
    if not pa.types.is_timestamp(kind):
        return column.cast(pa.string())
    # By hand and not by the name of a zone, as a machine may have no table of time zones.
    told = column.cast(pa.timestamp(kind.unit)).cast(pa.string())
    spelt = pc.replace_substring_regex(told, r"^(\S+) (\S+?)(\.0*)?$", r"\1T\2")
    return pc.binary_join_element_wise(spelt, "Z", "") if kind.tz else spelt


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _text_or_bad(value: pa.Scalar) -> str | BadRecord | None:
    buffer = value.as_buffer()
    if buffer is None:
        return None
    if buffer.size > LONGEST_RECORD:
        return bad("", "too-long", f"a value is over {LONGEST_RECORD} bytes", buffer.size)
    try:
        return str(buffer.to_pybytes(), "utf-8")
    except UnicodeDecodeError as error:
        detail = f"invalid UTF-8 at byte {error.start + 1} of a column"
        return bad("", "not-utf-8", detail, buffer.size)
