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
from auroram.corpus.rights import Rights, RightsJudge, takedown_failure
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
        published = _with_texts(rows, redacted)
        asked = self._not_asked_for(published, figures["signatures"], ledger)
        searched = [redacted[i] for i in asked.to_pylist()]
        stays = asked.take(self._clean(rows.take(asked), searched, ledger))
        good = published.take(stays)
        left = {name: values[stays.to_numpy()] for name, values in figures.items()}
        originals = table_of([good[name] for name in ORIGINALS.names], ORIGINALS)
        ledger.write("originals", originals)
        preferred = np.array(_sizes(good["text"]), np.int64)
        if self.near.signal:
            preferred = left[self.near.signal]
        merits = self.near.merits(good["licence"], preferred, good["collected_at"])
        self._write_candidates(good, left["signatures"], merits, ledger)
        known = {name: good[name] for name in good.schema.names} | {
            "source": [ledger.where[1]] * len(good),
            "language": [language] * len(good),
            "script": [self.script] * len(good),
            "language_score": left["language_score"],
        }
        ledger.write("good", table_of([known[name] for name in DOCUMENTS.names], DOCUMENTS))
        return len(good)

    def take_down(
        self, rows: pa.RecordBatch, signatures: NDArray[np.generic], ledger: Ledger
    ) -> None:
        """Hand on documents that were taken down, so that their copies are found and fall too.

        Args:
            rows: of the first map, with what is left of each text, and each with its request.
            signatures: of each.
            ledger: of the portion.
        """
        language = ledger.where[0]
        redacted = self.redaction.apply_all(
            rows["text"], language, seed=self.seed, finder=self.names
        )
        requests = rows["request"].to_numpy().astype(np.uint64)
        self._write_candidates(_with_texts(rows, redacted), signatures, requests, ledger)

    def _not_asked_for(
        self, rows: pa.RecordBatch, signatures: NDArray[np.generic], ledger: Ledger
    ) -> pa.Array:
        """Which documents nobody asked to have taken down, now that they are as published."""
        judge = opened("rights", self.rights, self.root, RightsJudge.open)
        if not judge.needs_hashes:
            return pa.array(np.arange(len(rows)))
        asked = judge.judge_published(rows["text"])
        failures = [takedown_failure(asked[i]) if i in asked else None for i in range(len(rows))]
        ledger.count_fates("takedown", failures, _sizes(rows["text"]))
        gone = sorted(asked)
        requests = np.array([judge.takedowns.number_of(asked[i]) for i in gone], np.uint64)
        taken = rows.take(pa.array(gone, pa.int64()))
        self._write_candidates(taken, signatures[gone], requests, ledger)
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
        signatures: NDArray[np.generic],
        merits: NDArray[np.uint64],
        ledger: Ledger,
    ) -> None:
        schema = candidate_schema(self.near)
        width = schema.field("signature").type
        buffer = pa.py_buffer(np.ascontiguousarray(signatures))
        columns = [
            rows["id"],
            rows["record"],
            [blake3(text.as_buffer()).digest(16) for text in rows["text"]],
            merits,
            pa.FixedSizeBinaryArray.from_buffers(width, len(rows), [None, buffer]),
        ]
        ledger.write("candidates", table_of(columns, schema))


def _with_texts(rows: pa.RecordBatch, redacted: Sequence[Redacted]) -> pa.RecordBatch:
    """The rows with each text as it would be published."""
    texts = pa.array([one.text for one in redacted], pa.string())
    place = rows.schema.get_field_index("text")
    return rows.set_column(place, rows.schema.field(place), texts)


def _sizes(texts: pa.Array) -> list[int]:
    """Bytes of each text."""
    return [len(text.as_buffer()) for text in texts]


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
