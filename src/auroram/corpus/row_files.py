"""Rows of one width that lie in files, one file after another, and are looked up by number."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from auroram.records.done import working_path


@dataclass(frozen=True, slots=True)
class RowFiles:
    """Rows of `kind` in files whose first rows have the numbers `starts`."""

    paths: Sequence[Path]
    starts: NDArray[np.int64]
    """One more than there are files; the last is the number of rows."""
    kind: np.dtype[Any]

    def take(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """These rows, in the order of their numbers given.

        Each is read by itself, about a microsecond a row: mapped files would bring the pages
        around each row into memory, and with them soon the whole file.
        """
        wanted, places = np.unique(rows, return_inverse=True)
        content = bytearray(len(wanted) * self.kind.itemsize)
        bounds = np.searchsorted(wanted, self.starts).tolist()
        for number, (first, end) in enumerate(pairwise(bounds)):
            if first < end:
                local = wanted[first:end] - self.starts[number]
                self._read(self.paths[number], local, memoryview(content), first)
        return np.frombuffer(content, self.kind)[places.reshape(-1)]

    def _read(self, path: Path, rows: NDArray[np.int64], content: memoryview, first: int) -> None:
        width = self.kind.itemsize
        descriptor = os.open(path, os.O_RDONLY)
        try:
            for place, row in enumerate(rows.tolist(), start=first):
                os.preadv(descriptor, [content[place * width : (place + 1) * width]], row * width)
        finally:
            os.close(descriptor)


def write_rows(path: Path, rows: NDArray[Any]) -> None:
    """Write rows without a header, whole or not at all."""
    with working_path(path) as beside, beside.open("wb") as file:
        write_content(file, rows)


def write_content(file: BinaryIO, rows: NDArray[Any]) -> None:
    """Write what the rows hold; numpy's own way to do so hides that a disk is full."""
    file.write(np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data)
