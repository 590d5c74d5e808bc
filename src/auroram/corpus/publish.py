"""The last map, one domain an item: drop duplicates, set documents aside, write what stays.

Memory: the documents of one prefix, at most some 64 MiB of text, and a row group.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.corpus.candidates import ID, Candidates
from auroram.corpus.clusters import SIZE
from auroram.corpus.duplicates import TAKEN_DOWN
from auroram.corpus.funnel import Counts, Funnel
from auroram.corpus.held_out import Draw, draw
from auroram.corpus.opened import opened
from auroram.corpus.pairs import ROW
from auroram.corpus.rights import TAKEDOWN, Rights, takedown_failure, takedowns_of
from auroram.corpus.shuffle import Shuffled, ShuffleWriter
from auroram.corpus.tables import GroupedWriter
from auroram.corpus.takedown import Request, Takedowns
from auroram.records.canonical import Json
from auroram.records.document import CLUSTERS, DECISIONS, DOCUMENTS, SPLITS
from auroram.records.done import once

_TRAIN, _HELD_OUT, _EXACT, _NEAR, _TAKEN_DOWN = range(5)
_RULES = pa.array([None, None, "exact-duplicate", "near-duplicate", TAKEDOWN], pa.string())
_DETAILS = pa.array([None, None, "same text as", "nearly the same as", None], pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One domain whose clusters are known, to be written."""

    candidates: Candidates
    paths: tuple[Path, ...]
    """Good documents, from all portions."""
    digits: int
    held_out_share: float
    fewest_held_out: int
    rights: Rights
    root: Path
    """The folder that paths in the settings are relative to."""
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
        takedowns = opened("takedowns", task.rights, task.root, takedowns_of)
        clusters = _Clusters(task.candidates, takedowns)
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
                found = clusters.of(prefix, aside)
                if not len(found.ids):
                    continue
                train_writer.append(table.filter(pa.array(found.fates == _TRAIN)))
                held_out_writer.append(table.filter(pa.array(found.fates == _HELD_OUT)))
                decisions.append(_decisions(table, found))
                columns = [found.ids, found.representatives, pa.array(found.sizes)]
                cluster_writer.append(pa.Table.from_arrays(columns, schema=CLUSTERS))
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
        if self.task.rights.takedowns:
            asked = ("dropped", TAKEDOWN) if fate == _TAKEN_DOWN else ("kept", "")
            self.funnel.add("takedown-copy", where, asked, **units)
        if fate == _TAKEN_DOWN:
            return
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

    ids: pa.Array
    """Of all candidates, also those that were taken down."""
    representatives: pa.Array
    """Ids."""
    sizes: NDArray[np.int64]
    """Of the cluster."""
    fates: NDArray[np.int8]
    """Of the good documents: `_TRAIN`, `_HELD_OUT`, `_EXACT`, `_NEAR` or `_TAKEN_DOWN`."""
    details: pa.Array
    """Why each good document is dropped, in words; null where it stays."""


class _Clusters:
    def __init__(self, candidates: Candidates, takedowns: Takedowns) -> None:
        self._candidates = candidates
        self._requests = takedowns.requests
        self._ids = candidates.rows("ids.bin", ID)
        self._merits = candidates.rows("merits.bin", np.dtype(np.uint64))
        self._sizes = candidates.column("sizes.bin", SIZE)

    def of(self, prefix: int, aside: Draw) -> _Found:
        start, end = self._candidates.starts[prefix : prefix + 2]
        part, rows = self._candidates.part(prefix), np.arange(start, end)
        best, roots = (
            self._candidates.slice(name, ROW, start, end) for name in ("best.bin", "roots.bin")
        )
        good, own = ~self._candidates.taken_down(prefix), roots == rows
        fates = np.full(len(rows), _NEAR, np.int8)
        fates[best != rows] = _EXACT
        stays = good & own
        halves = np.fromfile(part / "halves.bin", np.uint64)
        fates[stays] = np.where(aside.holds(halves[stays], rows[stays]), _HELD_OUT, _TRAIN)
        requests = self._requests_of(roots, good & ~own)
        fates[list(requests)] = _TAKEN_DOWN
        ids = _id_array(np.fromfile(part / "ids.bin", ID))
        originals = self._ids_of(np.where(fates == _EXACT, best, roots), ids, own)
        return _Found(
            ids=ids,
            representatives=self._ids_of(roots, ids, own),
            sizes=self._sizes[roots].astype(np.int64),
            fates=fates[good],
            details=_details(fates, originals, requests).filter(pa.array(good)),
        )

    def _requests_of(
        self, roots: NDArray[np.int64], copies: NDArray[np.bool_]
    ) -> dict[int, Request]:
        """Place of each copy of a document that was taken down, and the request for that."""
        if not self._requests:
            return {}
        places = np.flatnonzero(copies)
        merits = self._merits.take(roots[places]).tolist()
        return {
            place: self._requests[merit]
            for place, merit in zip(places.tolist(), merits, strict=True)
            if merit < TAKEN_DOWN
        }

    def _ids_of(self, rows: NDArray[np.int64], ids: pa.Array, own: NDArray[np.bool_]) -> pa.Array:
        """The ids of these rows; a candidate that represents itself has its own, not read again."""
        others = pa.array(self._ids.take(rows[~own]).astype(str), pa.string())
        return pc.replace_with_mask(ids, pa.array(~own), others)


def _details(
    fates: NDArray[np.int8], originals: pa.Array, requests: Mapping[int, Request]
) -> pa.Array:
    said = pc.binary_join_element_wise(_DETAILS.take(pa.array(fates)), originals, " ")
    places = sorted(requests)
    whys = [takedown_failure(requests[i], originals[i].as_py()).detail for i in places]
    return pc.replace_with_mask(said, pa.array(fates == _TAKEN_DOWN), pa.array(whys, pa.string()))


def _id_array(ids: NDArray[np.bytes_]) -> pa.Array:
    """Ids as a column, without a copy."""
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * ID.itemsize
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(offsets), pa.py_buffer(ids))


def _decisions(table: pa.Table, found: _Found) -> pa.Table:
    fates = pa.array(found.fates)
    rules = _RULES.take(fates)
    dropped = rules.is_valid().to_numpy(zero_copy_only=False)
    offsets = np.concatenate([np.zeros(1, np.int32), np.cumsum(dropped, dtype=np.int32)])
    columns = [
        *(table[name].combine_chunks() for name in ("id", "source", "record", "language")),
        pa.array(~dropped),
        rules,
        pa.ListArray.from_arrays(pa.array(offsets), rules.drop_null()),
        found.details,
    ]
    return pa.Table.from_arrays(columns, schema=DECISIONS)
