"""Parquet files whose layout depends on their rows alone."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from auroram.records.files import atomic_path

GROUP_BYTES = 12 * 1024 * 1024
"""Text in a row group."""
GROUP_ROWS = 100_000
"""Rows in a row group, where they hold little or no text."""


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
