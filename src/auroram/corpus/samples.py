"""What a rule throws away: a fair sample of documents or paragraphs, with the text read again."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from auroram.corpus.readers.records import Record
from auroram.corpus.removed_paragraphs import (
    RemovedParagraph,
    drawn_rows,
    removed_paragraphs,
    steps_with_rows,
)
from auroram.corpus.retrieval import opening, recorded_sources, retrieved
from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.records.side_cars import DECISIONS_FILE, Place, row_groups, rows_with_id
from auroram.text.normal import normal_prose

_COLUMNS = ["id", "source", "record", "language", "first", "rules", "detail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A document that a rule refused."""

    id: str
    source: str
    record: str
    language: str
    first: str
    """The rule that it broke first."""
    detail: str
    """The figures and their bounds, in words, in the order of `rules`."""
    rules: tuple[str, ...]
    text: str
    """How it begins; empty where the source is gone, out of reach or has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphSample:
    """A paragraph that was taken out, and the document that lost it."""

    id: str
    source: str
    record: str
    language: str
    paragraph: RemovedParagraph


def samples(
    stage: Finished, rule: str, root: Path, *, language: str = "", n: int = 5
) -> list[Sample]:
    """The documents that a rule refused whose ids' second halves are lowest.

    Ids are digests, so this is a fair draw, and the same one each time.

    Args:
        stage: a finished corpus stage.
        rule: documents that broke it are drawn from, whether or not it was the first.
        root: the folder of the recipe, to read the text again.
        language: only documents of this domain; empty for all.
        n: how many.

    Raises:
        DataError: where no document broke such a rule, with the rules that some broke.
    """
    chosen = heapq.nsmallest(n, _refused(stage.folder, rule, language), key=_draw)
    if not chosen:
        raise DataError(_nothing(stage, rule, language, what="document"))
    texts = {key: record.text for key, record in _records(stage, chosen, root).items()}
    return [
        Sample(
            **row | {"rules": tuple(row["rules"])},
            text=opening(texts[row["id"]], row["language"]) if row["id"] in texts else "",
        )
        for row in chosen
    ]


def paragraph_samples(
    stage: Finished, step: str, root: Path, *, language: str = "", n: int = 5
) -> list[ParagraphSample]:
    """Paragraphs that a step took out of documents: a fair draw, and the same one each time.

    Args:
        stage: a finished corpus stage.
        step: one of `removed_paragraphs.STEPS`.
        root: the folder of the recipe, to read the text again.
        language: only paragraphs of documents of this domain; empty for all.
        n: how many.

    Raises:
        DataError: where the step took nothing out, with the rules that dropped something, and
            where the stage noted no paragraphs, as another version ran it.
    """
    sources = recorded_sources(stage.manifest.settings)
    domains = {name: source.language for name, source in sources.items()}
    chosen = drawn_rows(stage, step, domains, language=language, n=n)
    if not chosen:
        raise DataError(_nothing(stage, step, language, what="paragraph"))
    documents = {row["id"]: _decision(stage.folder, row["id"]) for row in chosen}
    records = _records(stage, documents.values(), root)
    return [
        ParagraphSample(**documents[row["id"]], paragraph=paragraph)
        for row in chosen
        for paragraph in removed_paragraphs(
            [row], _normal(records.get(row["id"])), domains[row["source"]]
        )
    ]


def _decision(folder: Path, identifier: str) -> Json:
    columns = ["id", "source", "record", "language"]
    row: Json = rows_with_id(folder / DECISIONS_FILE, identifier).select(columns).to_pylist()[0]
    return row


def _normal(record: Record | None) -> str:
    return normal_prose(record.text).text if record else ""


def _records(stage: Finished, rows: Iterable[Json], root: Path) -> dict[str, Record]:
    places = [Place(id=row["id"], source=row["source"], record=row["record"]) for row in rows]
    return retrieved(recorded_sources(stage.manifest.settings), root, places, at_urls=True)


def _refused(folder: Path, rule: str, language: str) -> Iterator[Json]:
    for table in row_groups(folder / DECISIONS_FILE, _COLUMNS):
        lists = table["rules"].combine_chunks()
        hits = pc.equal(lists.flatten(), rule)
        rows = table.take(pc.unique(pc.list_parent_indices(lists).filter(hits)))
        if language:
            rows = rows.filter(pc.equal(rows["language"], language))
        yield from rows.to_pylist()


def _draw(row: Json) -> tuple[str, str]:
    identifier = str(row["id"])
    return identifier[len(identifier) // 2 :], str(row["record"])


def _nothing(stage: Finished, rule: str, language: str, *, what: str) -> str:
    sources = recorded_sources(stage.manifest.settings)
    domains = {name: source.language for name, source in sources.items()}
    spoken = sorted(set(domains.values()))
    if language and language not in spoken:
        return (
            f"{stage.manifest.stage}: no document is in {language!r}; there are {', '.join(spoken)}"
        )
    known = steps_with_rows(stage.folder, domains, language=language)
    for table in row_groups(stage.folder / DECISIONS_FILE, ["language", "rules"]):
        rows = table.filter(pc.equal(table["language"], language)) if language else table
        lists: pa.Array = rows["rules"].combine_chunks()
        known.update(pc.unique(lists.flatten()).to_pylist())
    named = f" in {language!r}" if language else ""
    others = ", ".join(sorted(known)) or "none"
    return (
        f"{stage.manifest.stage}: no {what}{named} was dropped by {rule!r}; "
        f"the rules that dropped some are {others}"
    )
