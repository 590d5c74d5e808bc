"""The last map, one domain an item: drop duplicates, set documents aside, write what stays.

Memory: the documents of one prefix, at most some 64 MiB of text, and a row group.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.corpus.candidates import ID, Candidates
from auroram.corpus.clusters import SIZE
from auroram.corpus.done import once
from auroram.corpus.funnel import Counts, Funnel
from auroram.corpus.held_out import Draw, draw
from auroram.corpus.pairs import ROW
from auroram.corpus.shuffle import Shuffled, ShuffleWriter
from auroram.corpus.tables import GroupedWriter
from auroram.records.canonical import Json
from auroram.records.document import CLUSTERS, DECISIONS, DOCUMENTS, SPLITS

_TRAIN, _HELD_OUT, _EXACT, _NEAR = range(4)
_RULES = pa.array([None, None, "exact-duplicate", "near-duplicate"], pa.string())
_DETAILS = pa.array([None, None, "same text as", "nearly the same as"], pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One domain whose clusters are known, to be written."""

    candidates: Candidates
    paths: tuple[Path, ...]
    """Good documents, from all portions."""
    digits: int
    held_out_share: float
    fewest_held_out: int
    out: Path
    """The stage's folder."""

    @property
    def decisions(self) -> Path:
        """Where what was decided of the candidates is left."""
        return self.candidates.folder / "decisions"

    @property
    def clusters(self) -> Path:
        """Where the candidates' clusters are left."""
        return self.candidates.folder / "clusters"


def publish(task: Publication) -> Counts:
    """Write `documents/{train,held-out}/<domain>.parquet`, ordered by id; returns the counts."""
    note = task.candidates.folder / "published.json"
    counts: Counts = once(note, lambda: _Publish(task).run())["counts"]
    return counts


@dataclass(slots=True)
class _Publish:
    task: Publication
    funnel: Funnel = field(default_factory=Funnel)

    def run(self) -> Json:
        task = self.task
        aside = draw(task.candidates, share=task.held_out_share, fewest=task.fewest_held_out)
        clusters = _Clusters(task.candidates)
        name = f"{task.candidates.domain}.parquet"
        train, held_out = (task.out / "documents" / split / name for split in SPLITS)
        good = Shuffled(task.paths, DOCUMENTS, ("id", "record"), task.digits)
        with (
            GroupedWriter(train, DOCUMENTS) as train_writer,
            GroupedWriter(held_out, DOCUMENTS) as held_out_writer,
            ShuffleWriter(task.decisions, DECISIONS, task.digits) as decisions,
            ShuffleWriter(task.clusters, CLUSTERS, task.digits) as cluster_writer,
        ):
            for prefix, table in enumerate(good.tables()):
                if not len(table):
                    continue
                found = clusters.of(prefix, table, aside)
                train_writer.append(table.filter(pa.array(found.fates == _TRAIN)))
                held_out_writer.append(table.filter(pa.array(found.fates == _HELD_OUT)))
                decisions.append(_decisions(table, found))
                cluster_writer.append(_cluster_table(table, found))
                self._count(table, found.fates)
                # Else the pool keeps what each prefix took, in pieces too small for the next one.
                pa.default_memory_pool().release_unused()
        return {"counts": self.funnel.plain()}

    def _count(self, table: pa.Table, fates: NDArray[np.int8]) -> None:
        columns = [table["source"], pc.binary_length(table["text"]), pa.array(fates)]
        rows = pa.table(columns, names=["source", "bytes", "fate"])
        sums = rows.group_by(["source", "fate"]).aggregate([("bytes", "sum"), ("bytes", "count")])
        for row in sums.to_pylist():
            where = (self.task.candidates.domain, row["source"])
            self._add(where, row["fate"], documents=row["bytes_count"], bytes=row["bytes_sum"])

    def _add(self, where: tuple[str, str], fate: int, **units: int) -> None:
        exact = ("dropped", "copy") if fate == _EXACT else ("kept", "")
        self.funnel.add("exact-duplicate", where, exact, **units)
        if fate == _EXACT:
            return
        near = ("dropped", "near-copy") if fate == _NEAR else ("kept", "")
        self.funnel.add("near-duplicate", where, near, **units)
        if fate != _NEAR:
            self.funnel.add("written", where, (SPLITS[fate], ""), **units)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What becomes of the candidates of one prefix, in the order of their ids."""

    fates: NDArray[np.int8]
    """`_TRAIN`, `_HELD_OUT`, `_EXACT` or `_NEAR`."""
    representatives: pa.Array
    """Ids."""
    originals: pa.Array
    """Id of the document that a dropped one is a copy of; null where it stays."""
    sizes: NDArray[np.int64]
    """Of the cluster."""


class _Clusters:
    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._ids = candidates.rows("ids.bin", ID)
        self._sizes = candidates.column("sizes.bin", SIZE)

    def of(self, prefix: int, table: pa.Table, aside: Draw) -> _Found:
        start, end = self._candidates.starts[prefix : prefix + 2]
        candidates, rows = self._candidates, np.arange(start, end)
        best = candidates.slice("best.bin", ROW, start, end)
        roots = candidates.slice("roots.bin", ROW, start, end)
        fates = np.full(len(rows), _NEAR, np.int8)
        fates[best != rows] = _EXACT
        stays = roots == rows
        halves = np.fromfile(candidates.part(prefix) / "halves.bin", np.uint64)
        fates[stays] = np.where(aside.holds(halves[stays], rows[stays]), _HELD_OUT, _TRAIN)
        originals = np.where(fates == _EXACT, best, roots)
        own = table["id"].combine_chunks()
        return _Found(
            fates=fates,
            representatives=self._ids_of(roots, own, stays),
            originals=pc.if_else(pa.array(stays), None, self._ids_of(originals, own, stays)),
            sizes=self._sizes[roots].astype(np.int64),
        )

    def _ids_of(self, rows: NDArray[np.int64], own: pa.Array, stays: NDArray[np.bool_]) -> pa.Array:
        """The ids of these rows; a document that stays has its own, which need not be read."""
        others = pa.array(self._ids.take(rows[~stays]).astype(str), pa.string())
        return pc.replace_with_mask(own, pa.array(~stays), others)


def _decisions(table: pa.Table, found: _Found) -> pa.Table:
    fates = pa.array(found.fates)
    rules = _RULES.take(fates)
    dropped = rules.is_valid().to_numpy(zero_copy_only=False)
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(dropped, dtype=np.int32)])
    detail = pc.binary_join_element_wise(_DETAILS.take(fates), found.originals, " ")
    columns = [
        *(table[name].combine_chunks() for name in ("id", "source", "record", "language")),
        pa.array(~dropped),
        rules,
        pa.ListArray.from_arrays(pa.array(offsets), rules.drop_null()),
        detail,
    ]
    return pa.Table.from_arrays(columns, schema=DECISIONS)


def _cluster_table(table: pa.Table, found: _Found) -> pa.Table:
    columns = [table["id"].combine_chunks(), found.representatives, pa.array(found.sizes)]
    return pa.Table.from_arrays(columns, schema=CLUSTERS)
