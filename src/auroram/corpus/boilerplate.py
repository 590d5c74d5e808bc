"""Exact duplicates by line: paragraphs that a source says on page after page.

Every worker leaves the fingerprints of the short paragraphs of its documents, sorted; a range of
fingerprints is then gathered from all of them and counted. Copies of a document count once.
Memory: 16 bytes a short paragraph of one range, of which there are as many as it takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from blake3 import blake3
from numpy.typing import NDArray

from auroram.corpus.row_files import write_content
from auroram.records.canonical import Json
from auroram.records.done import once, working_path
from auroram.settings import Positive, settings
from auroram.text.buffers import Buffer
from auroram.text.paragraphs import paragraphs_of

_RUN = 1 << 19
"""Paragraphs in a sorted file."""
_RANGE = 1 << 19
"""Paragraphs that one range is to hold."""


@settings
class Boilerplate:
    """Paragraphs that a source says on page after page: menus, footers, fixed headings."""

    highest_documents: Positive = 10
    """A paragraph that stands in more documents of its source is taken out of all of them."""
    longest_characters: Positive = 200
    """Longer paragraphs are left to the search for duplicates."""


@dataclass(slots=True)
class LineWriter:
    """Writes which short paragraph stands in which document."""

    folder: Path
    boilerplate: Boilerplate
    runs: int = 0
    """Files written so far, `lines-0.npy` and so on."""
    count: int = 0
    """Paragraphs seen so far."""
    _waiting: list[NDArray[np.uint64]] = field(default_factory=list)

    def add(self, texts: pa.Array) -> None:
        """Note the short paragraphs of these texts."""
        digests = [blake3(text.as_buffer()).digest(8) for text in texts]
        documents = np.frombuffer(b"".join(digests), np.uint64)
        paragraphs = paragraphs_of(Buffer.of(texts))
        short = paragraphs.characters <= self.boilerplate.longest_characters
        pairs = [paragraphs.fingerprint[short], documents[paragraphs.owner[short]]]
        self._waiting.append(np.stack(pairs))
        self.count += int(short.sum())
        if sum(pairs.shape[1] for pairs in self._waiting) >= _RUN:
            self.close()

    def close(self) -> None:
        """Write what waits."""
        if self._waiting:
            pairs = np.concatenate(self._waiting, axis=1)
            save(self.folder / f"lines-{self.runs}.npy", pairs[:, np.argsort(pairs[0])])
            self.runs += 1
            self._waiting = []


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRange:
    """One range of fingerprints of one source, to be counted."""

    runs: tuple[Path, ...]
    part: int
    parts: int
    highest_documents: int
    out: Path


def ranges_for(count: int) -> int:
    """In how many ranges so many paragraphs are counted."""
    return max(1, -(-count // _RANGE))


def count_lines(task: LineRange) -> Json:
    """Write which fingerprints of a range, rising, stand in too many documents, and in how many."""
    return once(task.out.with_suffix(".json"), lambda: _count(task))


def _count(task: LineRange) -> Json:
    pieces = [key_range(np.load(run, mmap_mode="r"), task.part, task.parts) for run in task.runs]
    pairs = np.concatenate([np.zeros((2, 0), np.uint64), *pieces], axis=1)
    pairs = pairs[:, np.lexsort((pairs[1], pairs[0]))]
    fresh = np.ones(pairs.shape[1], np.bool_)
    fresh[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
    lines, documents = np.unique(pairs[0, fresh], return_counts=True)
    many = documents > task.highest_documents
    save(task.out, np.stack([lines[many], documents[many].astype(np.uint64)]))
    return {"lines": len(lines)}


def key_range(rows: NDArray[np.uint64], part: int, parts: int) -> NDArray[np.uint64]:
    """The columns whose first row, which must rise, lies in one of equal parts of 64 bits."""
    bounds = [(part * 2**64) // parts, ((part + 1) * 2**64) // parts - 1]
    low = np.searchsorted(rows[0], np.uint64(bounds[0]), "left")
    high = np.searchsorted(rows[0], np.uint64(bounds[1]), "right")
    return rows[:, low:high]


def join_lines(parts: Sequence[Path], out: Path) -> None:
    """Write what was counted in all ranges as one array: fingerprints above their documents."""
    counted = [np.load(part) for part in parts]
    save(out, np.concatenate([np.zeros((2, 0), np.uint64), *counted], axis=1))


def save(path: Path, array: NDArray[np.generic]) -> None:
    """Write an array as .npy, whole or not at all."""
    with working_path(path) as beside, beside.open("wb") as file:
        array = np.ascontiguousarray(array)
        header = np.lib.format.header_data_from_array_1_0(array)
        np.lib.format.write_array_header_1_0(file, header)
        write_content(file, array)
