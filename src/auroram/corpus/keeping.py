"""The end of the second map: what becomes of documents that passed the filters.

They lose their personal data, are held against the evaluations, and go on to the search for
duplicates. Evaluations are looked for in the text as it was before it lost anything, since they
may hold personal data themselves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from blake3 import blake3
from numpy.typing import NDArray

from auroram.corpus.candidates import candidate_schema
from auroram.corpus.decontamination import Decontamination, Decontaminator
from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.ledger import Ledger, table_of
from auroram.corpus.opened import opened
from auroram.corpus.quality import Failure
from auroram.corpus.redaction import Redacted, Redaction
from auroram.corpus.rights import Rights, RightsJudge
from auroram.ports import NameFinder
from auroram.records.document import DOCUMENTS, ORIGINALS, PERSONAL_DATA
from auroram.text.buffers import Buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What becomes of good documents."""

    redaction: Redaction
    names: NameFinder | None
    rights: Rights
    decontamination: Decontamination
    near: NearDuplicates
    root: Path
    """The folder that paths in the settings are relative to."""
    seed: int
    script: str
    """ISO 15924, of all documents."""

    def keep(
        self, rows: pa.RecordBatch, figures: Mapping[str, NDArray[np.generic]], ledger: Ledger
    ) -> int:
        """Write down documents; returns how many are still good.

        Args:
            rows: of the first map, with what is left of each text.
            figures: `language_score`, `signatures` and what copies are preferred by, of each.
            ledger: of the portion.
        """
        language = ledger.where[0]
        redacted = self.redaction.apply_all(
            rows["text"], language, seed=self.seed, finder=self.names
        )
        _record_spans(self.redaction, rows["id"], redacted, ledger)
        texts = pa.array([one.text for one in redacted], pa.string())
        asked = self._not_asked_for(rows, texts, ledger)
        published = [redacted[i] for i in asked.to_pylist()]
        stays = asked.take(self._clean(rows.take(asked), published, ledger))
        good, texts = rows.take(stays), texts.take(stays)
        left = {name: values[stays.to_numpy()] for name, values in figures.items()}
        ledger.write("originals", table_of([good["id"], good["sha256"]], ORIGINALS))
        self._write_candidates(good, texts, left, ledger)
        known = {name: good[name] for name in good.schema.names} | {
            "text": texts,
            "source": [ledger.where[1]] * len(good),
            "language": [language] * len(good),
            "script": [self.script] * len(good),
            "language_score": left["language_score"],
        }
        ledger.write("good", table_of([known[name] for name in DOCUMENTS.names], DOCUMENTS))
        return len(good)

    def _not_asked_for(self, rows: pa.RecordBatch, texts: pa.Array, ledger: Ledger) -> pa.Array:
        """Which documents nobody asked to have taken down, now that they are as published."""
        judge = opened("rights", self.rights, self.root, RightsJudge.open)
        if not judge.needs_hashes:
            return pa.array(np.arange(len(rows)))
        failures = judge.judge_published(texts)
        ledger.count_fates("takedown", failures, [len(text.as_buffer()) for text in texts])
        return _without(rows, failures, ledger)

    def _clean(
        self, rows: pa.RecordBatch, redacted: Sequence[Redacted], ledger: Ledger
    ) -> pa.Array:
        """Which documents hold no evaluation, or may be kept although they do."""
        if not self.decontamination.sets:
            return pa.array(np.arange(len(rows)))
        judge = opened("evaluations", self.decontamination, self.root, Decontaminator.open)
        ids = rows["id"].to_pylist()
        found = judge.judge(ids, Buffer.of(rows["text"]))
        places = _as_published(found.table, dict(zip(ids, redacted, strict=True)))
        ledger.write("contamination", places)
        sizes = [len(one.text.encode()) for one in redacted]
        ledger.count_fates("contamination", found.failures, sizes)
        tagged = sum(
            bool(hit) and failure is None
            for hit, failure in zip(found.contaminated, found.failures, strict=True)
        )
        if tagged:
            ledger.count("contamination", ("tagged", ""), documents=tagged)
        return _without(rows, found.failures, ledger)

    def _write_candidates(
        self,
        rows: pa.RecordBatch,
        texts: pa.Array,
        figures: Mapping[str, NDArray[np.generic]],
        ledger: Ledger,
    ) -> None:
        schema = candidate_schema(self.near)
        lengths = np.array([len(text.as_buffer()) for text in texts], np.int64)
        preferred = figures[self.near.signal] if self.near.signal else lengths
        width = schema.field("signature").type
        buffer = pa.py_buffer(np.ascontiguousarray(figures["signatures"]))
        columns = [
            rows["id"],
            rows["record"],
            [blake3(text.as_buffer()).digest(16) for text in texts],
            self.near.merits(rows["licence"], preferred, rows["collected_at"]),
            pa.FixedSizeBinaryArray.from_buffers(width, len(rows), [None, buffer]),
        ]
        ledger.write("candidates", table_of(columns, schema))


def _without(rows: pa.RecordBatch, failures: Sequence[Failure | None], ledger: Ledger) -> pa.Array:
    """Decide against the documents that failed; returns which are left."""
    gone = [(i, failure) for i, failure in enumerate(failures) if failure]
    ledger.drop(rows.take(pa.array([i for i, _ in gone], pa.int64())), [[why] for _, why in gone])
    return pa.array([i for i, failure in enumerate(failures) if not failure], pa.int64())


def _as_published(table: pa.Table, documents: Mapping[str, Redacted]) -> pa.Table:
    """Rows of `CONTAMINATION` with places of the texts as they are published."""
    texts = [documents[identifier] for identifier in table["id"].to_pylist()]
    for name in ("start", "end"):
        places = [
            text.place(place, is_end=name == "end")
            for text, place in zip(texts, table[name].to_pylist(), strict=True)
        ]
        column = table.schema.get_field_index(name)
        table = table.set_column(column, table.schema.field(column), pa.array(places, pa.int64()))
    return table


def _record_spans(
    redaction: Redaction, ids: pa.Array, redacted: list[Redacted], ledger: Ledger
) -> None:
    found = [(ids[i].as_py(), one.spans) for i, one in enumerate(redacted) if one.spans]
    rows = [row for id_, spans in found for row in redaction.rows(id_, spans)]
    ledger.write("personal-data", pa.Table.from_pylist(rows, PERSONAL_DATA))
    changed = {row["id"] for row in rows if row["action"] != "tag"}
    if changed:
        ledger.count("personal-data", ("changed", ""), documents=len(changed))
    kinds = Counter((row["action"] == "tag", row["kind"]) for row in rows)
    for (tagged, kind), number in kinds.items():
        ledger.count("personal-data", ("tagged" if tagged else "changed", kind), spans=number)
