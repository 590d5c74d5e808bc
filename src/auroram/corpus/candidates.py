"""Documents that passed every filter, numbered: what the search for duplicates works on.

A domain's candidates are numbered by id. What is known of them lies in files by prefix:

    ids.bin          the id, 32 digits
    halves.bin       the second half of the id as a number: the draw for the held-out set
    merits.bin       which of several copies stays: the lowest; documents taken down come first
    signatures.bin   the MinHash signature
    contents.npy     columns (digest, rest of it, merit, row in this file), rising
    bands.npy        for each band columns (key, row in this file), rising by key
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auroram.corpus.boilerplate import save
from auroram.corpus.duplicates import TAKEN_DOWN, NearDuplicates
from auroram.corpus.row_files import RowFiles, write_rows
from auroram.corpus.shuffle import Shuffled, id_bytes
from auroram.records.canonical import Json
from auroram.records.done import once
from auroram.text.characters import absorb
from auroram.text.compiled import compiled

_NO_UNIT = 0xFFFFFFFF
ID = np.dtype("S32")


def candidate_schema(near: NearDuplicates) -> pa.Schema:
    """Columns in which the second map hands candidates on."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("record", pa.string(), nullable=False),
            pa.field("content", pa.binary(16), nullable=False),
            pa.field("merit", pa.uint64(), nullable=False),
            pa.field("signature", pa.binary(4 * near.hashes), nullable=False),
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """The candidates of one prefix, to be gathered from the files of all portions."""

    paths: tuple[Path, ...]
    prefix: int
    digits: int
    near: NearDuplicates
    folder: Path


def gather(task: Gathering) -> int:
    """Write the files of one prefix; returns how many candidates it has."""
    return int(once(task.folder / "gathered.json", lambda: _gather(task))["rows"])


def _gather(task: Gathering) -> Json:
    near = task.near
    shuffled = Shuffled(task.paths, candidate_schema(near), ("id", "record"), task.digits)
    rows = shuffled.table(task.prefix).combine_chunks()
    ids, merits = id_bytes(rows["id"]), rows["merit"].to_numpy()
    signatures = _fixed(rows["signature"], np.dtype((np.uint32, near.hashes)))
    contents = _fixed(rows["content"], np.dtype((">u8", 2))).astype(np.uint64)
    local = np.arange(len(rows), dtype=np.uint64)
    order = np.lexsort((local, merits, contents[:, 1], contents[:, 0]))
    write_rows(task.folder / "ids.bin", ids)
    write_rows(task.folder / "halves.bin", second_halves(ids))
    write_rows(task.folder / "merits.bin", merits)
    write_rows(task.folder / "signatures.bin", signatures)
    columns = [contents[:, 0], contents[:, 1], merits, local]
    save(task.folder / "contents.npy", np.stack(columns)[:, order])
    save(task.folder / "bands.npy", _bands(signatures, near.bands))
    return {"rows": len(rows)}


def _fixed(column: pa.ChunkedArray, kind: np.dtype[Any]) -> NDArray[Any]:
    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    _, data = array.buffers()
    if not len(array):
        return np.empty(0, kind)
    return np.frombuffer(data, kind, len(array), array.offset * kind.itemsize)


def second_halves(ids: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """The second half of each id as a number: a draw, as ids are digests."""
    raw = bytes.fromhex(ids.tobytes().decode())
    return np.frombuffer(raw, ">u8").reshape(-1, 2)[:, 1].astype(np.uint64)


def _bands(signatures: NDArray[np.uint32], bands: int) -> NDArray[np.uint64]:
    """Shape (bands, 2, texts with a unit): keys, rising, and the rows they belong to."""
    rows = np.flatnonzero((signatures != _NO_UNIT).any(axis=1))
    result = np.empty((bands, 2, len(rows)), np.uint64)
    width = signatures.shape[1] // bands
    for band in range(bands):
        keys = _band_keys(signatures, band * width, width)[rows]
        order = np.argsort(keys, kind="stable")
        result[band, 0], result[band, 1] = keys[order], rows[order]
    return result


@compiled
def _band_keys(signatures: NDArray[np.uint32], first: int, rows: int) -> NDArray[np.uint64]:
    keys = np.zeros(len(signatures), np.uint64)
    for text in range(len(signatures)):
        word = np.uint64(first)
        for k in range(first, first + rows):
            word = absorb(word, np.uint64(signatures[text, k]))
        keys[text] = word
    return keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """All candidates of a domain, as files."""

    domain: str
    folder: Path
    starts: tuple[int, ...]
    """Number of the first candidate of each prefix, and the number of all of them."""

    @classmethod
    def of(cls, domain: str, folder: Path, counts: Sequence[int]) -> "Candidates":
        """The candidates of a domain, with so many in each prefix."""
        starts = tuple(accumulate(counts, initial=0))
        return cls(domain=domain, folder=folder, starts=starts)

    def __len__(self) -> int:
        return self.starts[-1]

    def part(self, prefix: int) -> Path:
        """The folder of one prefix."""
        return self.folder / f"{prefix:x}"

    def paths(self, name: str) -> tuple[Path, ...]:
        """The file of this name of every prefix."""
        return tuple(self.part(prefix) / name for prefix in range(len(self.starts) - 1))

    def rows(self, name: str, kind: np.dtype[Any]) -> RowFiles:
        """Rows that lie in files by prefix."""
        return RowFiles(self.paths(name), np.array(self.starts), kind)

    def column(self, name: str, kind: np.dtype[Any]) -> NDArray[Any]:
        """A small value of every candidate, from one file that is mapped into memory."""
        if not len(self):
            return np.empty(0, kind)
        return np.memmap(self.folder / name, kind, "r")

    def taken_down(self, prefix: int) -> NDArray[np.bool_]:
        """Which candidates of one prefix were taken down, and are here for their copies only."""
        return np.fromfile(self.part(prefix) / "merits.bin", np.uint64) < TAKEN_DOWN

    def slice(self, name: str, kind: np.dtype[Any], start: int, end: int) -> NDArray[Any]:
        """Rows from `start` to before `end` of one file."""
        offset, count = start * kind.itemsize, end - start
        return np.fromfile(self.folder / name, kind, count, offset=offset)
