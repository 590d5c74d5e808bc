"""The second pass: select paragraphs, judge quality, redact personal data.

Every document leaves a row in the decisions here or, where it is still good, in the third pass.
Memory: one row group of the first pass (8 MiB of text) and its signatures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from blake3 import blake3

from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.funnel import Funnel
from auroram.corpus.ingest import Ingested
from auroram.corpus.languages import CODE, Language
from auroram.corpus.quality import Failure, Quality, failures
from auroram.corpus.redaction import Redaction
from auroram.corpus.selection import Selection, Selector
from auroram.corpus.tables import SortedTable
from auroram.ports import Progress
from auroram.records.canonical import Json
from auroram.records.document import DECISIONS, DOCUMENTS, PERSONAL_DATA
from auroram.text.buffers import Buffer
from auroram.text.language import LanguageIdentifier
from auroram.text.personal_data import Span
from auroram.text.signals import SIGNALS, Signals, signals_of

_CODE_SCRIPT = "Zyyy"
NO_TEXT = "no-text-of-language"
"""The rule that a document breaks of which no paragraph stays."""

GOOD = pa.schema(
    [
        *DOCUMENTS,
        pa.field("content", pa.binary(16), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("signature", pa.binary(), nullable=False),
    ]
)
"""Documents that passed, with what the search for duplicates needs."""

SIGNAL_TABLE = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("language_score", pa.float32(), nullable=False),
        pa.field("own_share", pa.float32(), nullable=False),
        *(pa.field(name, pa.float32(), nullable=False) for name in SIGNALS),
    ]
)
"""The side-car of figures, for every document that had text left to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCars:
    """Tables beside the documents, keyed by id, without text."""

    decisions: SortedTable
    personal_data: SortedTable
    signals: SortedTable
    clusters: SortedTable

    def decide(self, rows: list[Json]) -> None:
        """Add rows of decisions."""
        self.decisions.append(pa.Table.from_pylist(rows, DECISIONS))

    def write(self, out: Path) -> None:
        """Write each table into the stage's folder."""
        self.decisions.write(out / "decisions.parquet")
        self.personal_data.write(out / "personal-data.parquet")
        self.signals.write(out / "signals.parquet")
        self.clusters.write(out / "clusters.parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What all documents are judged by, and where the outcome goes."""

    quality: Mapping[str, Quality]
    languages: Mapping[str, Language]
    redaction: Redaction
    near: NearDuplicates
    identifier: LanguageIdentifier
    funnel: Funnel
    side_cars: SideCars
    progress: Progress

    def judge(self, ingested: Ingested, good: SortedTable) -> None:
        """Judge every document of a source; those that pass go into `good`."""
        file = pq.ParquetFile(ingested.path)
        selector = self._selector(ingested)
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group).to_pylist()
            self._batch(rows, ingested, selector, good)
            self.progress.advance(len(rows))

    def _selector(self, ingested: Ingested) -> Selector | None:
        tag = ingested.source.language
        if tag == CODE:
            return None
        return Selector(
            wanted=self.languages[tag].wanted(tag),
            identifier=self.identifier,
            repeated=ingested.repeated,
        )

    def _batch(
        self, rows: list[Json], ingested: Ingested, selector: Selector | None, good: SortedTable
    ) -> None:
        where = (ingested.source.language, ingested.name)
        texts = [row["text"] for row in rows]
        selections = selector.select(texts) if selector else [_whole(text) for text in texts]
        signals = signals_of(
            Buffer.of([selection.text for selection in selections]),
            shingle=self.near.shingle,
            hashes=self.near.hashes,
        )
        broken = failures(signals, self.quality[ingested.source.language])
        items = [
            _Item(
                row=row,
                selection=selection,
                failures=broken[i] if selection.text else [_no_text(ingested)],
                signature=signals.signatures[i].tobytes(),
            )
            for i, (row, selection) in enumerate(zip(rows, selections, strict=True))
        ]
        self._count(items, where)
        self._record_signals(items, signals)
        self.side_cars.decide([item.decision(where) for item in items if item.failures])
        passed = [self._good(item, where) for item in items if not item.failures]
        if passed:
            good.append(pa.Table.from_pylist(passed, GOOD))

    def _count(self, items: "list[_Item]", where: tuple[str, str]) -> None:
        for item in items:
            for (step, outcome, reason, unit), value in item.selection.fates.items():
                self.funnel.add(step, where, (outcome, reason), **{unit: value})
            size = len(item.selection.text.encode())
            left = bool(item.selection.text)
            fate = ("kept", "") if left else ("dropped", NO_TEXT)
            self.funnel.add("language", where, fate, documents=1)
            if left:
                first = item.failures[0].rule if item.failures else ""
                fate = ("dropped", first) if first else ("kept", "")
                self.funnel.add("quality", where, fate, documents=1, bytes=size)

    def _record_signals(self, items: "list[_Item]", signals: Signals) -> None:
        judged = [i for i, item in enumerate(items) if item.selection.text]
        selections = [items[i].selection for i in judged]
        columns = [
            pa.array([items[i].row["id"] for i in judged], pa.string()),
            pa.array([selection.score for selection in selections], pa.float32()),
            pa.array([selection.own_share for selection in selections], pa.float32()),
            *(pa.array(np.ascontiguousarray(column)) for column in signals.figures[judged].T),
        ]
        self.side_cars.signals.append(pa.Table.from_arrays(columns, schema=SIGNAL_TABLE))

    def _good(self, item: "_Item", where: tuple[str, str]) -> Json:
        language, source = where
        text, spans = self.redaction.apply(item.selection.text, language)
        if spans:
            self._record_spans(item.row["id"], spans, where)
        script = self.languages[language].script if language in self.languages else _CODE_SCRIPT
        encoded = text.encode()
        return item.row | {
            "text": text,
            "source": source,
            "language": language,
            "script": script,
            "language_score": item.selection.score,
            "content": blake3(encoded).digest(16),
            "bytes": len(encoded),
            "signature": item.signature,
        }

    def _record_spans(self, document: str, spans: list[Span], where: tuple[str, str]) -> None:
        rows = [
            {
                "id": document,
                "kind": span.kind,
                "start": span.start,
                "end": span.end,
                "validator": span.validator,
                "action": "replaced",
            }
            for span in spans
        ]
        self.side_cars.personal_data.append(pa.Table.from_pylist(rows, PERSONAL_DATA))
        self.funnel.add("personal-data", where, ("changed", ""), documents=1)
        for span in spans:
            self.funnel.add("personal-data", where, ("changed", span.kind), spans=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    row: Json
    selection: Selection
    failures: list[Failure]
    signature: bytes

    def decision(self, where: tuple[str, str]) -> Json:
        return {
            "id": self.row["id"],
            "source": where[1],
            "record": self.row["record"],
            "language": where[0],
            "kept": False,
            "first": self.failures[0].rule,
            "rules": [failure.rule for failure in self.failures],
            "detail": "; ".join(failure.detail for failure in self.failures),
        }


def _whole(text: str) -> Selection:
    return Selection(text=text, score=1.0, own_share=1.0)


def _no_text(ingested: Ingested) -> Failure:
    detail = f"no paragraph of {ingested.source.language} that is not boilerplate"
    return Failure(rule=NO_TEXT, detail=detail)
