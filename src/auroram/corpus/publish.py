"""The third pass, domain by domain: drop duplicates, set documents aside, write what stays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auroram.corpus.duplicates import Candidates, Clusters, NearDuplicates, clusters_of
from auroram.corpus.funnel import Funnel
from auroram.corpus.held_out import held_out_count, held_out_rows
from auroram.corpus.judge import SideCars
from auroram.corpus.tables import GroupedWriter, SortedTable
from auroram.ports import Progress
from auroram.records.canonical import Json
from auroram.records.document import CLUSTERS, DOCUMENTS, SPLITS

_CANDIDATE_COLUMNS = ("id", "content", "bytes", "signature")
_DOCUMENT_COLUMNS = (*DOCUMENTS.names, "bytes")
_TRAIN, _HELD_OUT, _EXACT, _NEAR = range(4)
_REASONS = (
    (None, None),
    (None, None),
    ("exact-duplicate", "same text as"),
    ("near-duplicate", "nearly the same as"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """What decides which good documents are written, and where."""

    near: NearDuplicates
    held_out_share: float
    fewest_held_out: int
    funnel: Funnel
    side_cars: SideCars
    progress: Progress
    out: Path

    def publish(self, domain: str, good: SortedTable) -> None:
        """Write `documents/{train,held-out}/<domain>.parquet`, ordered by id."""
        settled = self._settle(_candidates(good))
        self._record_clusters(settled)
        paths = [self.out / "documents" / split / f"{domain}.parquet" for split in SPLITS]
        with (
            GroupedWriter(paths[0], DOCUMENTS) as train,
            GroupedWriter(paths[1], DOCUMENTS) as held_out,
        ):
            start = 0
            for table in good.tables(_DOCUMENT_COLUMNS):
                fates = settled.fates[start : start + len(table)]
                train.append(table.filter(pa.array(fates == _TRAIN)))
                held_out.append(table.filter(pa.array(fates == _HELD_OUT)))
                self._decide(table, start, settled)
                self.progress.advance(len(table))
                start += len(table)

    def _settle(self, candidates: Candidates) -> "_Settled":
        clusters = clusters_of(candidates, self.near)
        rows = np.arange(len(candidates.ids))
        fates = np.full(len(rows), _NEAR, np.int8)
        fates[clusters.exact != rows] = _EXACT
        stays = np.flatnonzero(clusters.representative == rows)
        count = held_out_count(len(stays), share=self.held_out_share, fewest=self.fewest_held_out)
        aside = held_out_rows(candidates.ids[stays], count)
        fates[stays] = np.where(aside, _HELD_OUT, _TRAIN)
        return _Settled(ids=candidates.ids, clusters=clusters, fates=fates)

    def _decide(self, table: pa.Table, start: int, settled: "_Settled") -> None:
        rows = table.select(["id", "source", "record", "language", "bytes"]).to_pylist()
        for position, row in enumerate(rows, start=start):
            self._count(row, int(settled.fates[position]))
        self.side_cars.decide(
            [settled.decision(row, position) for position, row in enumerate(rows, start=start)]
        )

    def _count(self, row: Json, fate: int) -> None:
        where, units = (row["language"], row["source"]), {"documents": 1, "bytes": row["bytes"]}
        exact = ("dropped", "copy") if fate == _EXACT else ("kept", "")
        self.funnel.add("exact-duplicate", where, exact, **units)
        if fate == _EXACT:
            return
        near = ("dropped", "near-copy") if fate == _NEAR else ("kept", "")
        self.funnel.add("near-duplicate", where, near, **units)
        if fate != _NEAR:
            self.funnel.add("written", where, (SPLITS[fate], ""), **units)

    def _record_clusters(self, settled: "_Settled") -> None:
        ids = pa.array(settled.ids.astype(str), pa.string())
        representatives = ids.take(pa.array(settled.clusters.representative))
        table = pa.Table.from_arrays(
            [ids, representatives, pa.array(settled.clusters.size)], schema=CLUSTERS
        )
        self.side_cars.clusters.append(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What becomes of each candidate, in the order of their ids."""

    ids: NDArray[np.bytes_]
    clusters: Clusters
    fates: NDArray[np.int8]
    """`_TRAIN`, `_HELD_OUT`, `_EXACT` or `_NEAR`."""

    def decision(self, row: Json, position: int) -> Json:
        """The row of the decisions for the candidate at `position`."""
        first, detail = _REASONS[self.fates[position]]
        if first:
            exact = self.fates[position] == _EXACT
            other = self.clusters.exact if exact else self.clusters.representative
            detail = f"{detail} {self.ids[other[position]].decode()}"
        kept = {"kept": not first, "first": first, "rules": [first] if first else []}
        identity = {key: row[key] for key in ("id", "source", "record", "language")}
        return identity | kept | {"detail": detail}


def _candidates(good: SortedTable) -> Candidates:
    ids, contents, lengths, signatures = [], [], [], []
    for table in good.tables(_CANDIDATE_COLUMNS):
        ids.append(np.array(table["id"].to_pylist(), np.bytes_))
        contents.append(np.array(table["content"].to_pylist(), "S16"))
        lengths.append(table["bytes"].to_numpy())
        joined = b"".join(table["signature"].to_pylist())
        signatures.append(np.frombuffer(joined, np.uint32).reshape(len(table), -1))
    return Candidates(
        ids=np.concatenate(ids),
        contents=np.concatenate(contents),
        lengths=np.concatenate(lengths),
        signatures=np.concatenate(signatures),
    )
