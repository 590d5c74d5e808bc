"""Rows on their way to where they belong: files cut by the first digits of an id.

Ids are digests, so their first hexadecimal digits, the *prefix*, cut any table into equal parts
that keep the order of ids. A worker writes one file of all prefixes; who gathers a prefix reads
its blocks from the files of all workers. Memory holds some 8 MiB while a file is written, and
one prefix while it is read.

A file is a run of blocks, each an Arrow stream of the rows of one prefix, then an index of
(prefix, first byte, end) as int64, then the number of blocks. It appears whole or not at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auroram.records.done import working_path

_WAITING_BYTES = 8 * 1024 * 1024
_PREFIX_BYTES = 64 * 1024 * 1024
_MOST_DIGITS = 3
_ID = 32
_ENTRY = 3
_WIDTH = 8


def digits_for(total_bytes: int) -> int:
    """Digits of a prefix that cut so many bytes into parts of at most 64 MiB.

    At most 3, so that blocks do not become tiny; beyond 256 GiB the parts grow.
    """
    digits = 0
    while total_bytes > _PREFIX_BYTES * 16**digits and digits < _MOST_DIGITS:
        digits += 1
    return digits


class ShuffleWriter(AbstractContextManager["ShuffleWriter"]):
    """Writes rows, whose first column is `id`, cut by prefix."""

    def __init__(self, path: Path, schema: pa.Schema, digits: int) -> None:
        self._schema, self._digits = schema, digits
        self._options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        self._waiting: list[pa.Table] = []
        self._index: list[tuple[int, int, int]] = []
        self._stack = ExitStack()
        beside = self._stack.enter_context(working_path(path))
        self._file = self._stack.enter_context(beside.open("wb"))

    def append(self, rows: pa.Table) -> None:
        """Add rows in any order."""
        self._waiting.append(rows)
        if sum(table.nbytes for table in self._waiting) >= _WAITING_BYTES:
            self._write()

    def _write(self) -> None:
        rows = pa.concat_tables([self._schema.empty_table(), *self._waiting])
        self._waiting = []
        prefixes = prefixes_of(rows["id"], self._digits)
        order = np.argsort(prefixes, kind="stable")
        ordered = rows.take(pa.array(order)).combine_chunks()
        found, starts = np.unique(prefixes[order], return_index=True)
        for prefix, (start, end) in zip(found, pairwise([*starts, len(order)]), strict=True):
            first = self._file.tell()
            with pa.ipc.new_stream(self._file, self._schema, options=self._options) as stream:
                stream.write_table(ordered.slice(start, end - start))
            self._index.append((int(prefix), first, self._file.tell()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the file appear, or leave nothing after an error."""
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            self._write()
            self._file.write(np.array(self._index, np.int64).tobytes())
            self._file.write(np.int64(len(self._index)).tobytes())


@dataclass(frozen=True, slots=True)
class Shuffled:
    """What several workers wrote, to be gathered prefix by prefix."""

    paths: Sequence[Path]
    schema: pa.Schema
    keys: Sequence[str]
    """Columns to sort by. Rows that agree in all of them must be equal."""
    digits: int
    _indexes: dict[Path, NDArray[np.int64]] = field(default_factory=dict)

    def table(self, prefix: int) -> pa.Table:
        """The rows of one prefix, sorted."""
        blocks = [block for path in self.paths for block in self._blocks(path, prefix)]
        rows = pa.concat_tables([self.schema.empty_table(), *blocks])
        return rows.sort_by([(key, "ascending") for key in self.keys])

    def tables(self) -> Iterator[pa.Table]:
        """All rows in order, a prefix at a time."""
        for prefix in range(16**self.digits):
            yield self.table(prefix)

    def _blocks(self, path: Path, prefix: int) -> Iterator[pa.Table]:
        if path not in self._indexes:
            self._indexes[path] = _read_index(path)
        index = self._indexes[path]
        with path.open("rb") as file:
            for _, first, end in index[index[:, 0] == prefix].tolist():
                file.seek(first)
                yield pa.ipc.open_stream(file.read(end - first)).read_all()


def _read_index(path: Path) -> NDArray[np.int64]:
    with path.open("rb") as file:
        file.seek(-_WIDTH, 2)
        count = int(np.frombuffer(file.read(_WIDTH), np.int64)[0])
        size = count * _ENTRY * _WIDTH
        file.seek(-_WIDTH - size, 2)
        return np.frombuffer(file.read(size), np.int64).reshape(count, _ENTRY)


def prefixes_of(ids: pa.ChunkedArray, digits: int) -> NDArray[np.int64]:
    """The first digits of each id as a number."""
    letters = np.frombuffer(id_bytes(ids).tobytes(), np.uint8).reshape(len(ids), _ID)
    values = np.where(letters >= ord("a"), letters - ord("a") + 10, letters - ord("0"))
    result = np.zeros(len(ids), np.int64)
    for digit in range(digits):
        result = result * 16 + values[:, digit]
    return result


def id_bytes(ids: pa.ChunkedArray) -> NDArray[np.bytes_]:
    """The ids, 32 hexadecimal digits each, as an array of bytes."""
    if not len(ids):
        return np.zeros(0, "S32")
    column: Any = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    _, offsets, data = column.buffers()
    first = np.frombuffer(offsets, np.int32)[column.offset]
    return np.frombuffer(data, "S32", len(column), int(first))
