"""The first map: some slices of a source to a table in normal form.

Memory: one batch of text (8 MiB) and a million fingerprints of paragraphs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3

from auroram.corpus.boilerplate import Boilerplate, LineWriter
from auroram.corpus.funnel import Counts, Funnel
from auroram.corpus.languages import CODE
from auroram.corpus.opened import opened
from auroram.corpus.quarantine import Quarantine
from auroram.corpus.readers.records import BadRecord, Record
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.slices import read_slice
from auroram.corpus.rights import Rights, RightsJudge, RightsRows
from auroram.corpus.sources import Fields, Source
from auroram.records.canonical import Json
from auroram.records.document import OPT_OUTS
from auroram.records.done import once, working_path
from auroram.text.normal import normal_all

_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_ROWS = 4096
_ID_BYTES = 16

RAW = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),  # of the text as it was read
        pa.field("url", pa.string()),
        pa.field("record", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("licence_basis", pa.string(), nullable=False),
        pa.field("collected_at", pa.string()),
        pa.field("refused_by", pa.string()),  # the rule of rights that refuses it, or null
        pa.field("refused_for", pa.string()),  # why; its text is then left out
        pa.field("request", pa.int64()),  # of the takedown lists; its text is kept to find copies
    ]
)
"""What the first map leaves for the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Some slices of one source, worked on together."""

    name: str
    """The source's name in the recipe."""
    source: Source
    slices: tuple[Slice, ...]
    folder: Path
    """For what the maps leave of it."""

    @property
    def where(self) -> tuple[str, str]:
        """Domain and source, as the funnel counts."""
        return self.source.language, self.name

    @property
    def bytes(self) -> int:
        """Of the files that it stands for."""
        return sum(part.bytes for part in self.slices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """A portion to be read, and what it needs to be told."""

    portion: Portion
    boilerplate: Boilerplate
    rights: Rights
    root: Path
    """The folder that paths in the settings are relative to."""
    highest_bad_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """A portion after the first map."""

    documents: int
    bytes: int
    """Of text in normal form."""
    lines: int
    """Short paragraphs counted."""
    runs: int
    """Files of their fingerprints."""
    bad: int
    first_bad: list[str]
    damaged: dict[str, str]
    """Each file that could not be read to its end, to what is wrong with it."""
    counts: Counts
    stated: list[str]
    """The `named_fields` that any record has."""


def named_fields(fields: Fields) -> dict[str, str]:
    """The fields that a recipe calls otherwise than is usual, but for the text, to their names."""
    given, usual = asdict(fields), asdict(Fields())
    return {key: given[key] for key in given if key != "text" and given[key] != usual[key]}


def ingest(task: Ingestion) -> Ingested:
    """Read a portion into `raw.arrow`, `opt-outs.arrow`, `lines-*.npy` and `quarantine.jsonl`.

    Raises:
        DataError: where a file cannot be read, or a record is bad and none may be.
    """
    return Ingested(**once(task.portion.folder / "ingested.json", lambda: _Ingest(task).run()))


@dataclass(slots=True)
class _Ingest:
    task: Ingestion
    funnel: Funnel = field(default_factory=Funnel)
    documents: int = 0
    bytes: int = 0
    stated: set[str] = field(default_factory=set)

    def run(self) -> Json:
        folder = self.task.portion.folder
        lines = LineWriter(folder, self.task.boilerplate)
        with ExitStack() as stack:
            bad_path = stack.enter_context(working_path(folder / "quarantine.jsonl"))
            bad_file = stack.enter_context(bad_path.open("w", encoding="utf-8"))
            raw = stack.enter_context(_stream(stack, folder / "raw.arrow", RAW))
            opt_outs = stack.enter_context(_stream(stack, folder / "opt-outs.arrow", OPT_OUTS))
            quarantine = Quarantine(bad_file, self.task.highest_bad_share)
            for batch in _batches(self._records(quarantine)):
                rows, listed = self._judged(self._rows(batch), [record.optout for record in batch])
                raw.write_batch(rows)
                opt_outs.write_table(listed)
                if self.task.portion.source.language != CODE:
                    lines.add(rows.filter(pc.is_null(rows["refused_by"]))["text"])
                self.documents += len(rows)
                self.bytes += pc.sum(pc.binary_length(rows["text"])).as_py()
        lines.close()
        return {
            "documents": self.documents,
            "bytes": self.bytes,
            "lines": lines.count,
            "runs": lines.runs,
            "bad": quarantine.count,
            "first_bad": quarantine.first,
            "damaged": quarantine.damaged,
            "counts": self.funnel.plain(),
            "stated": sorted(self.stated),
        }

    def _records(self, quarantine: Quarantine) -> Iterator[Record]:
        portion = self.task.portion
        for part in portion.slices:
            for found in read_slice(part, portion.source.fields, advance=_ignore):
                if isinstance(found, Record):
                    yield found
                else:
                    self._count(("dropped", found.reason), documents=1, bytes=found.bytes)
                    if isinstance(found, BadRecord):
                        quarantine.add(found)

    def _count(self, fate: tuple[str, str], **units: int) -> None:
        where = self.task.portion.where
        self.funnel.add("read", where, ("read", ""), **units)
        self.funnel.add("record", where, fate, **units)

    def _rows(self, records: list[Record]) -> pa.RecordBatch:
        source = self.task.portion.source
        unseen = named_fields(source.fields).keys() - self.stated
        self.stated |= {name for name in unseen if any(getattr(one, name) for one in records)}
        encoded = [record.text.encode() for record in records]
        self._count(("kept", ""), documents=len(records), bytes=sum(map(len, encoded)))
        columns = [
            [
                _digest(self.task.portion.name, record.id, text)
                for record, text in zip(records, encoded, strict=True)
            ],
            self._normal([record.text for record in records]),
            [sha256(text).hexdigest() for text in encoded],
            [record.url for record in records],
            [record.place for record in records],
            [record.licence or source.licence for record in records],
            ["record" if record.licence else "recipe" for record in records],
            [record.collected_at for record in records],
            *([None] * len(records) for _ in ("refused_by", "refused_for", "request")),
        ]
        arrays = [pa.array(column, kind) for column, kind in zip(columns, RAW.types, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=RAW)

    def _judged(
        self, rows: pa.RecordBatch, opt_outs: Sequence[str | None]
    ) -> tuple[pa.RecordBatch, pa.Table]:
        """The rows without the text of those that may not be used, and who asked for that.

        What is taken down keeps its text here, as copies of it are found by that.
        """
        judge = opened("rights", self.task.rights, self.task.root, RightsJudge.open)
        found = judge.judge(_rights_rows(rows, opt_outs))
        where = self.task.portion.where
        for name, number in found.unknown.items():
            self.funnel.add("rights", where, ("unknown", name), documents=number)
        sizes = pc.binary_length(rows["text"]).to_pylist()
        rules = [failure.rule if failure else None for failure in found.failures]
        self.funnel.add_fates("rights", where, rules, sizes)
        if any(rules):
            details = [failure.detail if failure else None for failure in found.failures]
            columns = dict(zip(RAW.names, rows.columns, strict=True))
            columns["refused_by"] = pa.array(rules, pa.string())
            columns["refused_for"] = pa.array(details, pa.string())
            requests = [found.requests.get(row) for row in range(len(rows))]
            columns["request"] = pa.array(requests, pa.int64())
            is_gone = pc.and_not(
                pc.is_valid(columns["refused_by"]), pc.is_valid(columns["request"])
            )
            columns["text"] = pc.if_else(is_gone, "", rows["text"])
            rows = pa.RecordBatch.from_arrays(list(columns.values()), schema=RAW)
        return rows, found.opt_outs

    def _normal(self, texts: list[str]) -> list[str]:
        where = self.task.portion.where
        found = normal_all(texts, code=self.task.portion.source.language == CODE)
        changes = Counter(change for one in found for change in one.changes)
        for change, number in changes.items():
            self.funnel.add("normalise", where, ("changed", change), documents=number)
        return [one.text for one in found]


def document_id(source: str, record: Record) -> str:
    """BLAKE3 of the source's name, the record's own id and its raw text; 32 hex digits."""
    return _digest(source, record.id, record.text.encode())


def _digest(source: str, record: str, text: bytes) -> str:
    return blake3(f"{source}\0{record}\0".encode() + text).hexdigest(_ID_BYTES)


def _stream(stack: ExitStack, path: Path, schema: pa.Schema) -> pa.ipc.RecordBatchStreamWriter:
    beside = stack.enter_context(working_path(path))
    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    return pa.ipc.new_stream(str(beside), schema, options=options)


def _rights_rows(rows: pa.RecordBatch, opt_outs: Sequence[str | None]) -> RightsRows:
    return RightsRows(
        ids=rows["id"].to_pylist(),
        licences=rows["licence"].to_pylist(),
        urls=rows["url"].to_pylist(),
        dates=rows["collected_at"].to_pylist(),
        opt_outs=opt_outs,
        hashes=rows["sha256"].to_pylist(),
    )


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.text)
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _ignore(units: int) -> None:
    """Progress is told by portion, where the results arrive."""
