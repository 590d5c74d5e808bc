"""The first pass: read, bring to normal form, count paragraphs that come back too often.

Memory: one batch of text (8 MiB), and eight bytes a short paragraph of the source at hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from blake3 import blake3
from numpy.typing import NDArray

from auroram.corpus.funnel import Funnel
from auroram.corpus.languages import CODE
from auroram.corpus.quarantine import Quarantine
from auroram.corpus.readers import BadRecord, Record, read_records
from auroram.corpus.sources import Source
from auroram.errors import DataError
from auroram.ports import Progress
from auroram.settings import Positive, settings
from auroram.text.buffers import Buffer
from auroram.text.normal import normal_code, normal_prose
from auroram.text.paragraphs import paragraphs_of

_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_ROWS = 4096
_ID_BYTES = 16

RAW = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("record", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("licence_basis", pa.string(), nullable=False),
        pa.field("collected_at", pa.string()),
    ]
)
"""What the first pass leaves for the second."""


_Row = dict[str, str | None]


@settings
class Boilerplate:
    """Paragraphs that a source says on page after page: menus, footers, fixed headings."""

    highest_documents: Positive = 10
    """A paragraph that stands in more documents of its source is taken out of all of them."""
    longest_characters: Positive = 200
    """Longer paragraphs are left to the search for duplicates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """One source after the first pass."""

    name: str
    source: Source
    path: Path
    """Table of `RAW` rows."""
    documents: int
    bytes: int
    """Of text in normal form."""
    repeated: NDArray[np.uint64]
    """Fingerprints of the paragraphs that are boilerplate, rising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What all sources share while they are read."""

    root: Path
    work: Path
    funnel: Funnel
    quarantine: Quarantine
    progress: Progress
    boilerplate: Boilerplate

    def ingest(self, name: str, source: Source, files: list[Path], place: str) -> Ingested:
        """Read one source into a table in normal form.

        Args:
            name: the source's name in the recipe.
            source: its settings.
            files: what to read, in order.
            place: what to call the source in errors.

        Raises:
            DataError: where a file cannot be read, too many records are bad, or there is none.
        """
        path = self.work / "raw" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = _LineCounts(self.boilerplate)
        bytes_, documents = 0, 0
        with pq.ParquetWriter(path, RAW, compression="zstd", compression_level=1) as writer:
            for batch in _batches(self._rows(name, source, files)):
                table = pa.Table.from_pylist(batch, RAW)
                writer.write_table(table)
                if source.language != CODE:
                    lines.add(table["text"].combine_chunks())
                documents += len(batch)
                bytes_ += pc.sum(pc.binary_length(table["text"])).as_py()
        if documents + self.quarantine.end_source(place, documents) == 0:
            raise DataError(
                f"{', '.join(map(self._shown, files))}: no record ({place}); "
                "give it text, or leave it out"
            )
        return Ingested(
            name=name,
            source=source,
            path=path,
            documents=documents,
            bytes=bytes_,
            repeated=lines.repeated(),
        )

    def _rows(self, name: str, source: Source, files: list[Path]) -> Iterator[_Row]:
        where = (source.language, name)
        for path in files:
            shown = self._shown(path)
            for record in read_records(
                path, source.fields, name=shown, advance=self.progress.advance
            ):
                if isinstance(record, BadRecord):
                    self._count(where, ("dropped", record.reason), record.bytes)
                    self.quarantine.add(record)
                else:
                    self._count(where, ("kept", ""), len(record.text.encode()))
                    yield self._row(record, name, source)

    def _shown(self, path: Path) -> str:
        inside = path.is_relative_to(self.root)
        return path.relative_to(self.root).as_posix() if inside else str(path)

    def _count(self, where: tuple[str, str], fate: tuple[str, str], size: int) -> None:
        self.funnel.add("read", where, ("read", ""), documents=1, bytes=size)
        self.funnel.add("record", where, fate, documents=1, bytes=size)

    def _row(self, record: Record, name: str, source: Source) -> _Row:
        normal = (normal_code if source.language == CODE else normal_prose)(record.text)
        for change in normal.changes:
            where = (source.language, name)
            self.funnel.add("normalise", where, ("changed", change), documents=1)
        return {
            "id": document_id(name, record),
            "text": normal.text,
            "url": record.url,
            "record": record.place,
            "licence": record.licence or source.licence,
            "licence_basis": "record" if record.licence else "recipe",
            "collected_at": record.collected_at,
        }


def document_id(source: str, record: Record) -> str:
    """BLAKE3 of the source's name, the record's own id and its raw text; 32 hex digits."""
    key = f"{source}\0{record.id}\0".encode()
    return blake3(key + record.text.encode()).hexdigest(_ID_BYTES)


def _batches(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row["text"] or "")
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(slots=True)
class _LineCounts:
    """In how many documents each short paragraph stands; copies of a document count once."""

    boilerplate: Boilerplate
    _seen: set[bytes] = field(default_factory=set)
    _chunks: list[NDArray[np.uint64]] = field(default_factory=list)

    def add(self, texts: pa.Array) -> None:
        fresh = [text for text in texts.to_pylist() if self._is_new(text)]
        paragraphs = paragraphs_of(Buffer.of(fresh))
        short = paragraphs.characters <= self.boilerplate.longest_characters
        pairs = np.empty(int(short.sum()), [("owner", np.int64), ("line", np.uint64)])
        pairs["owner"], pairs["line"] = paragraphs.owner[short], paragraphs.fingerprint[short]
        self._chunks.append(np.unique(pairs)["line"])

    def _is_new(self, text: str) -> bool:
        digest = blake3(text.encode()).digest(8)
        fresh = digest not in self._seen
        self._seen.add(digest)
        return fresh

    def repeated(self) -> NDArray[np.uint64]:
        lines = np.concatenate([np.zeros(0, np.uint64), *self._chunks])
        distinct, counts = np.unique(lines, return_counts=True)
        return np.asarray(distinct[counts > self.boilerplate.highest_documents], np.uint64)
