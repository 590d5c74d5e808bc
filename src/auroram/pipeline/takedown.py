"""Taking documents out of a finished run: who falls, which tokens they are, who learnt them.

A takedown list is held against the documents of the run's corpora. With each document fall its
near-duplicates and the exchanges that were made from it. Beside the corpus they are noted, so that
it is exported without them. In the token shards they become tombstones, which every training stage
honours from its next start; what finished stages learnt of them is counted from where their
schedules say they stood. Nothing that a manifest covers changes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auroram.corpus.addresses import Addresses
from auroram.corpus.takedown import Request, Takedowns, follow_ids
from auroram.errors import DataError
from auroram.instruct.candidate import page_of
from auroram.pipeline.run_folder import RunFolder
from auroram.ports import Progress
from auroram.records.canonical import Json
from auroram.records.document import ORIGINALS, SPLITS
from auroram.records.exchange import read_exchanges
from auroram.records.fallen import FallenDocument, read_fallen, write_fallen
from auroram.records.manifest import Finished
from auroram.records.shards import Shard, read_shard_set, shard_prefix
from auroram.records.side_cars import CLUSTERS_FILE, ORIGINALS_FILE, row_groups
from auroram.records.tombstones import Tombstone, read_tombstones, write_tombstones
from auroram.vocabulary.stage import EXCHANGE_FILES

_BATCH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """A document or exchange that a request reaches."""

    id: str
    request: Request
    through: str
    """Id of the document that the request names; empty where it is this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one request reaches in a run."""

    request: Request
    documents: int
    """That it names."""
    copies: int
    """That fall with those: near-duplicates, and exchanges made from any of them."""
    tokens: int
    """Of both, in all shards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallenCorpus:
    """A corpus stage with documents that were taken down."""

    stage: str
    documents: int
    """That it wrote and that fall, those of earlier lists included."""
    is_tokenised: bool
    """Whether a finished token stage reads it."""
    file: Path
    """Where its fallen documents are noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedown:
    """What a takedown did."""

    reaches: tuple[Reach, ...]
    """One for each row of the list."""
    corpora: tuple[FallenCorpus, ...]
    """Those that anything ever fell in."""
    files: tuple[Path, ...]
    """Where the tombstones are."""
    tombstones: tuple[Tombstone, ...]
    """All that hold now, those of earlier lists included."""


def take_down(folder: RunFolder, takedowns: Takedowns, progress: Progress) -> Takedown:
    """Take every document of a run that the list reaches out of its exports and its token shards.

    Doing it twice changes nothing. What earlier lists took down is carried over by document: to
    shards that were made anew since, or of a corpus that had none then.

    Raises:
        DataError: where the run has no finished corpus stage, or a file beside a stage is damaged.
    """
    finished = folder.finished()
    corpora = {name: one for name, one in finished.items() if one.manifest.kind == "corpus"}
    tokens = {name: one for name, one in finished.items() if one.manifest.kind == "tokens"}
    if not corpora:
        raise DataError(
            f"{folder.path}: no finished corpus stage to take from; name the list in the corpus "
            "stage's rights.takedowns instead"
        )
    reached: dict[str, Fallen] = {}
    fallen: dict[str, Fallen] = {}
    noted = []
    for name, stage in corpora.items():
        own = _fallen(stage, takedowns, progress)
        held = _earlier(stage) | own
        rows = list(_written(stage, held))
        exchanges = _exchanges_of(name, finished, _pages(rows, held))
        reached |= own | {one.id: one for one in exchanges.values() if one.through in own}
        fallen |= held | exchanges
        if held:
            is_tokenised = any(name in one.manifest.inputs for one in tokens.values())
            noted.append(_noted(stage, held, written=len(rows), is_tokenised=is_tokenised))
    written, everything = [], []
    for stage in tokens.values():
        tombstones = _merged(stage, _tombstones(stage, fallen))
        if tombstones:
            written.append(write_tombstones(stage.folder, tombstones))
        everything += tombstones
    return Takedown(
        reaches=_reaches(takedowns, reached, everything),
        corpora=tuple(noted),
        files=tuple(written),
        tombstones=tuple(everything),
    )


def mask_fallen(stage: Finished, finished: Mapping[str, Finished]) -> None:
    """Give the shards of a token stage tombstones of what fell in its corpora before it was made.

    Args:
        stage: of kind `tokens`.
        finished: the stages before it.

    Raises:
        DataError: where a note of what fell is damaged.
    """
    fallen: dict[str, Fallen] = {}
    for name in stage.manifest.inputs:
        if held := _earlier(finished[name]):
            rows = list(_written(finished[name], held))
            fallen |= held | _exchanges_of(name, finished, _pages(rows, held))
    if fallen and (tombstones := _merged(stage, _tombstones(stage, fallen))):
        write_tombstones(stage.folder, tombstones)


def _fallen(stage: Finished, takedowns: Takedowns, progress: Progress) -> dict[str, Fallen]:
    """Every document of a corpus that falls by the list, by id."""
    named = _named(stage, takedowns, progress)
    found = follow_ids(_clusters(stage), named)
    return {
        document: Fallen(
            id=document,
            request=named[through],
            through="" if document in named else through,
        )
        for document, through in found.items()
    }


def _earlier(stage: Finished) -> dict[str, Fallen]:
    """What fell in a corpus by earlier lists, by id."""
    return {
        one.document: Fallen(id=one.document, request=_request_of(one), through=one.through)
        for one in read_fallen(stage.folder)
    }


def _noted(
    stage: Finished, fallen: Mapping[str, Fallen], *, written: int, is_tokenised: bool
) -> FallenCorpus:
    """Note the fallen documents beside their corpus."""
    rows = (
        FallenDocument(
            document=one.id,
            request=one.request.words,
            through=one.through,
            reason=one.request.reason,
            requested_at=one.request.requested_at,
        )
        for one in fallen.values()
    )
    return FallenCorpus(
        stage=stage.manifest.stage,
        documents=written,
        is_tokenised=is_tokenised,
        file=write_fallen(stage.folder, rows),
    )


def _named(stage: Finished, takedowns: Takedowns, progress: Progress) -> dict[str, Request]:
    """The documents of a corpus that the list names itself, dropped copies included."""
    files = [file for split in SPLITS for file in _document_files(stage, split)]
    total = sum(pq.read_metadata(file).num_rows for file in files)
    progress.start(f"search {stage.manifest.stage}", total=total, unit="documents")
    columns = ["id", "url", "text"] if takedowns.needs_text else ["id", "url"]
    named: dict[str, Request] = {}
    for batch in _batches(files, columns, progress):
        hashes = _hashes(batch["text"]) if takedowns.needs_text else None
        found = takedowns.matches(batch["id"], Addresses.of(batch["url"]), hashes)
        named |= {batch["id"][row].as_py(): request for row, request in found.items()}
    for rows in _compared(stage):
        ids, hashes, urls = (rows[name].combine_chunks() for name in ORIGINALS.names)
        found = takedowns.matches(ids, Addresses.of(urls), hashes)
        named = {ids[row].as_py(): request for row, request in found.items()} | named
    return named


def _compared(stage: Finished) -> Iterator[pa.Table]:
    """Rows of `ORIGINALS`, for every document that was compared, kept or not.

    What an earlier version did not write of them is null.
    """
    originals = stage.folder / ORIGINALS_FILE
    file = originals if originals.is_file() else stage.folder / CLUSTERS_FILE
    if file.is_file():
        known = set(pq.read_schema(file).names)
        for rows in row_groups(file, [name for name in ORIGINALS.names if name in known]):
            yield pa.concat_tables([ORIGINALS.empty_table(), rows], promote_options="default")


def _hashes(texts: pa.Array) -> pa.Array:
    return pa.array([sha256(text.encode()).hexdigest() for text in texts.to_pylist()], pa.string())


def _batches(
    files: Sequence[Path], columns: list[str], progress: Progress
) -> Iterator[pa.RecordBatch]:
    for file in files:
        with pq.ParquetFile(file) as documents:
            for batch in documents.iter_batches(_BATCH, columns=columns):
                yield batch
                progress.advance(batch.num_rows)


def _document_files(stage: Finished, split: str) -> list[Path]:
    return sorted((stage.folder / "documents" / split).glob("*.parquet"))


def _clusters(stage: Finished) -> dict[str, str]:
    """Id of each document that was compared, kept or not, to that of its representative."""
    file = stage.folder / CLUSTERS_FILE
    if not file.is_file():
        return {}
    table = pq.read_table(file, columns=["id", "cluster"])
    return dict(zip(table["id"].to_pylist(), table["cluster"].to_pylist(), strict=True))


def _written(stage: Finished, fallen: Collection[str]) -> Iterator[Json]:
    """Where the documents that fall are from, of those that the stage wrote."""
    columns = ["id", "source", "url", "record"]
    without = pa.array(sorted(fallen), pa.string())
    for split in SPLITS:
        for file in _document_files(stage, split):
            with pq.ParquetFile(file) as documents:
                for batch in documents.iter_batches(_BATCH, columns=columns):
                    yield from batch.filter(pc.is_in(batch["id"], without)).to_pylist()


def _pages(rows: Iterable[Json], fallen: Mapping[str, Fallen]) -> dict[tuple[str, str], Fallen]:
    """Source and page of the documents that fall, as exchanges name what they were made from."""
    return {(row["source"], page_of(row["url"], row["record"])): fallen[row["id"]] for row in rows}


def _exchanges_of(
    corpus: str, finished: Mapping[str, Finished], pages: Mapping[tuple[str, str], Fallen]
) -> dict[str, Fallen]:
    """Every exchange that was made from a page of a corpus that falls, by id."""
    return {
        key: one
        for stage in finished.values()
        if stage.manifest.kind == "instructions" and corpus in stage.manifest.inputs
        for key, one in _exchanges(stage, pages).items()
    }


def _exchanges(stage: Finished, pages: Mapping[tuple[str, str], Fallen]) -> dict[str, Fallen]:
    files = [stage.folder / "exchanges" / name for name in EXCHANGE_FILES.values()]
    return {
        exchange.id: replace(origin, id=exchange.id, through=origin.through or origin.id)
        for file in files
        if file.is_file() and pages
        for exchange in read_exchanges(file)
        if (origin := pages.get((exchange.source, exchange.template)))
    }


def _tombstones(stage: Finished, fallen: Mapping[str, Fallen]) -> Iterator[Tombstone]:
    for split, domains in read_shard_set(stage.folder).domains.items():
        for domain in domains:
            shard = Shard.open(shard_prefix(stage.folder, split, domain))
            for number, document in enumerate(shard.document_ids()):
                if document in fallen:
                    one = fallen[document]
                    yield Tombstone(
                        split=split,
                        domain=domain,
                        start=int(shard.starts[number]),
                        end=int(shard.starts[number + 1]),
                        document=document,
                        request=one.request.words,
                        through=one.through,
                        reason=one.request.reason,
                        requested_at=one.request.requested_at,
                        tokens=stage.manifest.digest,
                    )


def _merged(stage: Finished, new: Iterator[Tombstone]) -> list[Tombstone]:
    """New tombstones and earlier ones, each document once; earlier ones of other shards moved."""
    kept = {(one.split, one.domain, one.start): one for one in new}
    earlier = read_tombstones(stage.folder)
    stale = {
        one.document: Fallen(id=one.document, request=_request_of(one), through=one.through)
        for one in earlier
        if one.tokens != stage.manifest.digest
    }
    moved = _tombstones(stage, stale) if stale else ()
    valid = (one for one in earlier if one.tokens == stage.manifest.digest)
    for one in (*valid, *moved):
        kept.setdefault((one.split, one.domain, one.start), one)
    return sorted(kept.values())


def _request_of(one: Tombstone | FallenDocument) -> Request:
    key, _, value = one.request.partition(" ")
    return Request(key=key, value=value, reason=one.reason, requested_at=one.requested_at)


def _reaches(
    takedowns: Takedowns, fallen: Mapping[str, Fallen], tombstones: Sequence[Tombstone]
) -> tuple[Reach, ...]:
    tokens: dict[str, int] = {}
    for one in tombstones:
        tokens[one.request] = tokens.get(one.request, 0) + one.end - one.start
    return tuple(
        Reach(
            request=request,
            documents=sum(one.request == request and not one.through for one in fallen.values()),
            copies=sum(one.request == request and bool(one.through) for one in fallen.values()),
            tokens=tokens.get(request.words, 0),
        )
        for request in takedowns.requests
    )
