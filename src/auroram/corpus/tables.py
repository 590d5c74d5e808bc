"""Tables that are larger than memory: rows go in as they come and come out sorted.

Ids are digests, so their first digits cut a table into equal parts that keep the order; a part
is sorted when it is read. Memory holds one part, disk the rest.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from auroram.records.files import atomic_path

_PART_BYTES = 64 * 1024 * 1024
GROUP_BYTES = 12 * 1024 * 1024
"""Text in a row group."""
GROUP_ROWS = 100_000
"""Rows in a row group, where they hold little or no text."""


def digits_for(total_bytes: int) -> int:
    """Hexadecimal digits of an id that cut so many bytes into parts of at most 64 MiB."""
    digits = 0
    while total_bytes > _PART_BYTES * 16**digits and digits < 3:
        digits += 1
    return digits


@dataclass(frozen=True, slots=True)
class SortedTable:
    """Rows with an `id`, sorted by `keys` on the way out.

    Rows that agree in all keys must be equal, or their order is left open.
    """

    folder: Path
    """For its working files."""
    schema: pa.Schema
    keys: Sequence[str]
    """The first must be `id`."""
    digits: int
    """First digits of the id by which parts are told apart."""
    _writers: dict[str, pq.ParquetWriter] = field(default_factory=dict)

    def append(self, rows: pa.Table) -> None:
        """Add rows in any order."""
        if not len(rows):
            return
        prefixes = pc.utf8_slice_codeunits(rows["id"], 0, self.digits) if self.digits else None
        for prefix in sorted(pc.unique(prefixes).to_pylist()) if self.digits else [""]:
            part = rows.filter(pc.equal(prefixes, prefix)) if self.digits else rows
            self._writer(prefix).write_table(part)

    def _writer(self, prefix: str) -> pq.ParquetWriter:
        if prefix not in self._writers:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"part-{prefix}.parquet"
            self._writers[prefix] = pq.ParquetWriter(
                path, self.schema, compression="zstd", compression_level=1
            )
        return self._writers[prefix]

    def is_empty(self) -> bool:
        """True where no row was added."""
        return not self._writers

    def close(self) -> None:
        """Finish writing; rows may be read from now on."""
        for writer in self._writers.values():
            writer.close()

    def tables(self, columns: Sequence[str] = ()) -> Iterator[pa.Table]:
        """All rows in order, a part at a time; only the named columns, or all."""
        for prefix in sorted(self._writers):
            path = self.folder / f"part-{prefix}.parquet"
            wanted = list(dict.fromkeys([*self.keys, *columns])) if columns else None
            table = pq.ParquetFile(path).read(wanted)
            yield table.sort_by([(key, "ascending") for key in self.keys])

    def write(self, path: Path) -> None:
        """Write all rows in order as one Parquet file, atomically."""
        self.close()
        with GroupedWriter(path, self.schema) as writer:
            for table in self.tables():
                writer.append(table)


class GroupedWriter(AbstractContextManager["GroupedWriter"]):
    """A Parquet file whose row groups depend on its rows alone, not on how they arrived.

    A group ends where its text reaches 12 MiB, or at 100,000 rows. The file appears when the
    block is left without an error.
    """

    def __init__(self, path: Path, schema: pa.Schema, *, group_bytes: int = GROUP_BYTES) -> None:
        self._schema = schema
        self._group_bytes = group_bytes
        self._waiting = schema.empty_table()
        self._stack = ExitStack()
        beside = self._stack.enter_context(atomic_path(path))
        self._writer = self._stack.enter_context(
            pq.ParquetWriter(beside, schema, compression="zstd", compression_level=3)
        )

    def append(self, rows: pa.Table) -> None:
        """Add rows after those that are there."""
        self._waiting = pa.concat_tables([self._waiting, rows.select(self._schema.names)])
        self._write(whole_groups_only=True)

    def _write(self, *, whole_groups_only: bool) -> None:
        ends = _group_ends(_sizes(self._waiting), self._group_bytes)
        start = 0
        for end in ends:
            self._writer.write_table(self._waiting.slice(start, end - start))
            start = end
        self._waiting = self._waiting.slice(start).combine_chunks()
        if not whole_groups_only and len(self._waiting):
            self._writer.write_table(self._waiting)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits and let the file appear, or leave nothing after an error."""
        try:
            if error is None:
                self._write(whole_groups_only=False)
        finally:
            self._stack.__exit__(kind, error, trace)


def _group_ends(sizes: NDArray[np.int64], group_bytes: int) -> list[int]:
    ends, size, start = [], 0, 0
    for row, length in enumerate(sizes.tolist()):
        size += length
        if size >= group_bytes or row + 1 - start >= GROUP_ROWS:
            ends.append(row + 1)
            size, start = 0, row + 1
    return ends


def _sizes(rows: pa.Table) -> NDArray[np.int64]:
    if "text" not in rows.column_names:
        return np.zeros(len(rows), np.int64)
    return np.asarray(pc.binary_length(rows["text"]).to_numpy(), np.int64)
