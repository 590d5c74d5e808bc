"""What a rule throws away: a fair sample of its documents, with the text read again."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from auroram.corpus.retrieval import opening, recorded_sources, retrieved
from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.records.side_cars import DECISIONS_FILE, Place, row_groups

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
        raise DataError(_nothing(stage, rule, language))
    places = [Place(id=row["id"], source=row["source"], record=row["record"]) for row in chosen]
    records = retrieved(recorded_sources(stage.manifest.settings), root, places, at_urls=True)
    texts = {key: record.text for key, record in records.items()}
    return [
        Sample(
            **row | {"rules": tuple(row["rules"])},
            text=opening(texts[row["id"]], row["language"]) if row["id"] in texts else "",
        )
        for row in chosen
    ]


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


def _nothing(stage: Finished, rule: str, language: str) -> str:
    known: set[str] = set()
    for table in row_groups(stage.folder / DECISIONS_FILE, ["language", "rules"]):
        rows = table.filter(pc.equal(table["language"], language)) if language else table
        lists: pa.Array = rows["rules"].combine_chunks()
        known.update(pc.unique(lists.flatten()).to_pylist())
    named = f" in {language!r}" if language else ""
    others = ", ".join(sorted(known)) or "none"
    return (
        f"{stage.manifest.stage}: no document{named} was dropped by {rule!r}; "
        f"the rules that dropped some are {others}"
    )
