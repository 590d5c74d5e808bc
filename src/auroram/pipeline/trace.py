"""The chain of one safety item: from its source to the tokens that a training stage read.

Everything is read from the files of a run's finished stages, of the releases that they read, and of
folders beside it, such as a review's export; what the chain does not reach is empty.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auroram.errors import DataError, IntegrityError
from auroram.pipeline.learnt import reading_of, reads_of
from auroram.records.concerns import Concern, Framework, Taxonomy, read_taxonomy
from auroram.records.decision import Entry, fault_of, read_decisions
from auroram.records.draft import Draft, read_drafts
from auroram.records.exchange import Exchange, read_exchanges
from auroram.records.manifest import MANIFEST_NAME, Finished, read_manifest
from auroram.records.release import (
    DECISIONS,
    FACTS,
    ITEMS,
    Released,
    ReleaseFacts,
    read_facts,
    read_released,
)
from auroram.records.shards import Shard, read_shard_set, shard_prefix
from auroram.train.data import read_position

DRAFTS = "drafts.jsonl"
FEWEST_DIGITS = 6
"""Of an id, so that its beginning names one item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The item as an exchange of a stage or a release."""

    place: str
    """Name of the stage, or a folder beside the run."""
    split: str
    exchange: Exchange
    digest: str
    """Of the stage's manifest; empty for a folder without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InRelease:
    """The item in a release."""

    folder: str
    facts: ReleaseFacts
    item: Released


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a token stage keeps the item."""

    stage: str
    split: str
    domain: str
    document: int
    """Its number in the shard."""
    start: int
    """First token, counted in the shard."""
    end: int
    """One past the last."""
    learnt: int
    """Tokens that the mask lets be learnt."""
    domain_tokens: int
    """Of the whole shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a training stage's mixture gives the item, and how often it was read."""

    stage: str
    tokens_stage: str
    domain: str
    weights: tuple[tuple[float, float], ...]
    """For each phase: the share of the tokens at which it starts, and the domain's share in it."""
    times: int
    """How often its most read part was read."""
    tokens: int
    """Tokens of it that were read, each as often as it was."""
    row_tokens: int
    """Length of a row; an exchange that is longer is left out."""
    is_too_long: bool
    """Whether the item is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The chain of one item."""

    stage: str
    """Where its draft is: a stage, or a folder beside the run."""
    draft: Draft
    concern: Concern | None
    """None where the taxonomy does not know it."""
    requirement: Framework
    decisions: tuple[Entry, ...]
    """Entries of the review's log on the item, in order."""
    releases: tuple[InRelease, ...]
    exchanges: tuple[Placed, ...]
    spans: tuple[Span, ...]
    reads: tuple[Read, ...]


def trace(finished: Mapping[str, Finished], id_: str, beside: Sequence[Path] = ()) -> Trace:
    """The chain of the item whose id begins like this.

    Args:
        finished: the stages of a run.
        id_: of a draft, or its first digits.
        beside: folders outside of the run: of drafts, of a review's export, of a release.

    Raises:
        DataError: where no draft, or more than one, has such an id.
        IntegrityError: where a log of decisions was changed.
    """
    folders = {name: one.folder for name, one in finished.items()}
    folders |= {str(folder): folder for folder in beside}
    stage, draft = _draft(folders, id_)
    taxonomy = read_taxonomy()
    spans = tuple(_spans(finished, draft.id))
    return Trace(
        stage=stage,
        draft=draft,
        concern=taxonomy.concerns.get(draft.concern),
        requirement=taxonomy.framework(_requirement(folders[stage], taxonomy)),
        decisions=tuple(_decisions(folders.values(), draft.id)),
        releases=tuple(_releases(folders.values(), draft.id)),
        exchanges=tuple(_exchanges(finished, beside, draft.id)),
        spans=spans,
        reads=tuple(_reads(finished, spans)),
    )


def releases_read(finished: Mapping[str, Finished], root: Path) -> list[Path]:
    """Folders of releases that a run's stages read, given the recipe's folder."""
    sources = (Path(name) for one in finished.values() for name in one.manifest.sources)
    folders = (root / source.parent for source in sources if source.name == FACTS)
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def _draft(folders: Mapping[str, Path], id_: str) -> tuple[str, Draft]:
    if len(id_) < FEWEST_DIGITS:
        raise DataError(f"{id_!r}: too short for an id; give at least {FEWEST_DIGITS} digits")
    places = [name for name, folder in folders.items() if (folder / DRAFTS).is_file()]
    found = [
        (name, draft)
        for name in places
        for draft in read_drafts(folders[name] / DRAFTS)
        if draft.id.startswith(id_)
    ]
    if not found:
        if not places:
            raise DataError(
                f"{id_}: the run has no drafts; name the folder that does with --beside"
            )
        where = ", ".join(places)
        raise DataError(f"{id_}: no draft has this id (searched: {where}); check the digits")
    if len({draft.id for _, draft in found}) > 1:
        raise DataError(f"{id_}: {len(found)} drafts begin like this; give more digits")
    return found[0]


def _requirement(folder: Path, taxonomy: Taxonomy) -> str:
    """The framework that the drafts of a folder serve; the policy where nothing says so."""
    policy = next(iter(taxonomy.frameworks))
    if not (folder / MANIFEST_NAME).is_file():
        return policy
    return str(read_manifest(folder).settings.get("requirement", policy))


def _decisions(folders: Iterable[Path], id_: str) -> Iterator[Entry]:
    """Entries on the item; an export and a release may both hold the same log."""
    seen: set[str] = set()
    for folder in folders:
        log = list(read_decisions(folder / DECISIONS)) if (folder / DECISIONS).is_file() else []
        if fault := fault_of(log):
            raise IntegrityError(f"{folder / DECISIONS}: {fault}; copy it anew")
        for entry in log:
            if entry.decision.item == id_ and entry.sha256 not in seen:
                seen.add(entry.sha256)
                yield entry


def _releases(folders: Iterable[Path], id_: str) -> Iterator[InRelease]:
    for folder in folders:
        if (folder / FACTS).is_file():
            facts = read_facts(folder)
            for item in read_released(folder / ITEMS):
                if item.id == id_:
                    yield InRelease(folder=str(folder), facts=facts, item=item)


def _exchanges(
    finished: Mapping[str, Finished], beside: Sequence[Path], id_: str
) -> Iterator[Placed]:
    places = [(name, one.folder, one.manifest.digest) for name, one in finished.items()]
    places += [(str(folder), folder, "") for folder in beside]
    for place, folder, digest in places:
        for file in sorted((folder / "exchanges").glob("*.jsonl")):
            for exchange in read_exchanges(file):
                if exchange.id == id_:
                    yield Placed(place=place, split=file.stem, exchange=exchange, digest=digest)


def _spans(finished: Mapping[str, Finished], id_: str) -> Iterator[Span]:
    for name, stage in finished.items():
        if stage.manifest.kind != "tokens":
            continue
        for split, domains in read_shard_set(stage.folder).domains.items():
            for domain, summary in domains.items():
                shard = Shard.open(shard_prefix(stage.folder, split, domain))
                ids = shard.document_ids()
                for number in (i for i, one in enumerate(ids) if one == id_):
                    yield _span(name, split, domain, shard, number, summary.tokens)


def _span(  # noqa: PLR0913, PLR0917 -- the coordinates of a document
    stage: str, split: str, domain: str, shard: Shard, number: int, domain_tokens: int
) -> Span:
    start, end = int(shard.starts[number]), int(shard.starts[number + 1])
    learnt = shard.learnt(start, end)
    return Span(
        stage=stage,
        split=split,
        domain=domain,
        document=number,
        start=start,
        end=end,
        learnt=end - start if learnt is None else int(learnt.sum()),
        domain_tokens=domain_tokens,
    )


def _reads(finished: Mapping[str, Finished], spans: Sequence[Span]) -> Iterator[Read]:
    for name, stage in finished.items():
        settings = stage.manifest.settings
        if stage.manifest.kind != "train":
            continue
        for span in spans:
            if span.stage == settings["tokens"] and span.split == "train":
                yield _read(name, stage, finished, span)


def _read(name: str, stage: Finished, finished: Mapping[str, Finished], span: Span) -> Read:
    settings = stage.manifest.settings
    shard = Shard.open(shard_prefix(finished[span.stage].folder, span.split, span.domain))
    end = read_position(stage.folder)
    rows: dict[int, tuple[int, int]] = {}
    if end is not None and span.domain in end.rows:
        start = read_position(finished[settings["model"]].folder)
        began = start.rows if start and start.is_alike(end) else {}
        reading = reading_of(shard, span.domain, began, end)
        rows = reads_of(span.document, reading, reading.end)
    return Read(
        stage=name,
        tokens_stage=span.stage,
        domain=span.domain,
        weights=tuple(_weights(settings["mixture"], span.domain)),
        times=max((times for _, times in rows.values()), default=0),
        tokens=sum(tokens * times for tokens, times in rows.values()),
        row_tokens=settings["sequence_tokens"],
        is_too_long=span.end - span.start > settings["sequence_tokens"],
    )


def _weights(mixture: Mapping[str, Any], domain: str) -> Iterator[tuple[float, float]]:
    """Phase by phase the share of samples that the mixture asks for of a domain."""
    replay = mixture["replay"]
    for phase in mixture["phases"]:
        new = _share(phase["weights"], domain)
        yield (
            phase["start"],
            (1 - replay) * new + replay * _share(mixture["replay_weights"], domain),
        )


def _share(weights: Mapping[str, float], domain: str) -> float:
    total = sum(weights.values())
    return weights.get(domain, 0.0) / total if total else 0.0
