"""Everything that a finished corpus stage knows of one document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from auroram.corpus.judge import NO_TEXT
from auroram.corpus.languages import CODE
from auroram.corpus.quality import Quality, rules_of
from auroram.corpus.readers.locations import is_url
from auroram.corpus.readers.records import Record
from auroram.corpus.removed_paragraphs import (
    RemovedParagraph,
    removed_paragraphs,
    rows_of_document,
)
from auroram.corpus.retrieval import opening, recorded_sources, retrieved
from auroram.corpus.rules import recorded_bounds
from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.document import SPLITS
from auroram.records.fallen import read_fallen
from auroram.records.manifest import Finished
from auroram.records.side_cars import (
    CLUSTERS_FILE,
    DECISIONS_FILE,
    PERSONAL_DATA_FILE,
    REMOVED_PARAGRAPHS_FILE,
    SIGNALS_FILE,
    Place,
    row_groups,
    rows_with_id,
)
from auroram.text.normal import normal_prose

_SIBLINGS = 10
_KNOWN = (
    CLUSTERS_FILE,
    DECISIONS_FILE,
    PERSONAL_DATA_FILE,
    REMOVED_PARAGRAPHS_FILE,
    SIGNALS_FILE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundedFigure:
    """A signal of the document beside its bounds."""

    signal: str
    value: float
    lowest: float | None
    """None where nothing bounds the signal from below."""
    highest: float | None
    broken: tuple[str, ...]
    """The rules that the figure breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraphs:
    """What became of the document's paragraphs."""

    kept: int | None
    """None where its text is not to be had."""
    removed: tuple[RemovedParagraph, ...]
    """In order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The documents that say nearly the same."""

    representative: str
    size: int
    siblings: tuple[str, ...]
    """Ids of the first ten others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One document: where it came from, what was found, what became of it and why."""

    id: str
    stage: str
    decision: Mapping[str, object]
    """The row of the decisions: source, record, language, kept, first, rules, detail."""
    split: str
    """`train` or `held-out`; empty where it was dropped."""
    taken_down: str
    """What asked for that since the stage ran, in words; empty where nothing did."""
    origin: Mapping[str, object]
    """url, licence, licence_basis, collected_at, and script and language_score where kept."""
    figures: tuple[BoundedFigure, ...]
    """Empty where no text was left to measure."""
    personal_data: tuple[Mapping[str, object], ...]
    """Kinds and places in the text before redaction; never the values."""
    paragraphs: Paragraphs | None
    """None where nobody judged them, as in code or a document that rights refuse, and where another
    version ran the stage, which did not note them."""
    cluster: Cluster | None
    """None where the document did not come as far as the search for duplicates."""
    others: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    """File name of any other side-car to the document's rows in it."""
    text: str
    """How the text begins; empty where it is not to be had."""
    text_from: str
    """The file that the text was read from, or where it should be."""


def explain(stage: Finished, prefix: str, root: Path) -> list[Explanation]:
    """All about the document whose id begins so; one for each place where it was read.

    Args:
        stage: a finished corpus stage.
        prefix: an id or its beginning, in hexadecimal.
        root: the folder of the recipe, to read dropped text again.

    Returns:
        Nothing where the stage has no such document.

    Raises:
        DataError: where several documents' ids begin so.
    """
    decisions = rows_with_id(stage.folder / DECISIONS_FILE, prefix).to_pylist()
    ids = sorted({row["id"] for row in decisions})
    if len(ids) > 1:
        raise DataError(
            f"{prefix}: {len(ids)} documents of {stage.manifest.stage!r} begin so "
            f"({', '.join(ids[:3])}, ...); give more digits"
        )
    return [_explanation(stage, row, root) for row in decisions]


def _explanation(stage: Finished, decision: Json, root: Path) -> Explanation:
    identifier = decision.pop("id")
    folder = stage.folder
    split, document = _document(folder, identifier, decision)
    removed = rows_of_document(folder, identifier)
    record = None
    if removed or not document:
        record = _record(stage, identifier, decision, root)
    if document:
        origin = _written(document, f"documents/{split}/{decision['language']}.parquet")
    else:
        origin = _read_again(stage, record, decision, root)
    figures = _figures(stage, identifier, str(decision["language"]))
    is_judged = bool(figures) or NO_TEXT in decision["rules"]
    return Explanation(
        id=identifier,
        stage=stage.manifest.stage,
        decision=decision,
        split=split,
        taken_down=_taken_down(folder, identifier),
        origin=origin.facts,
        figures=figures,
        personal_data=tuple(_rows(folder / PERSONAL_DATA_FILE, identifier)),
        paragraphs=_paragraphs(decision, document, record, removed if is_judged else None),
        cluster=_cluster(folder / CLUSTERS_FILE, identifier),
        others=_others(folder, identifier),
        text=opening(origin.text, str(decision["language"])),
        text_from=origin.text_from,
    )


def _taken_down(folder: Path, identifier: str) -> str:
    asked = (one for one in read_fallen(folder) if one.document == identifier)
    return next((f"{one.request} ({one.reason}, {one.requested_at})" for one in asked), "")


def _rows(path: Path, identifier: str) -> list[Json]:
    if not path.is_file():
        return []
    rows: list[Json] = rows_with_id(path, identifier).drop_columns("id").to_pylist()
    return rows


def _document(folder: Path, identifier: str, decision: Json) -> tuple[str, Json]:
    for split in SPLITS if decision["kept"] else ():
        path = folder / "documents" / split / f"{decision['language']}.parquet"
        for row in _rows(path, identifier):
            return split, row
    return "", {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    facts: Json
    text: str
    text_from: str


def _written(document: Json, file: str) -> _Origin:
    names = ("url", "licence", "licence_basis", "collected_at", "script", "language_score")
    facts = {name: document[name] for name in names}
    return _Origin(facts=facts, text=str(document["text"]), text_from=file)


def _record(stage: Finished, identifier: str, decision: Json, root: Path) -> Record | None:
    place = Place(id=identifier, source=decision["source"], record=decision["record"])
    sources = recorded_sources(stage.manifest.settings)
    return retrieved(sources, root, [place], at_urls=True).get(identifier)


def _read_again(stage: Finished, record: Record | None, decision: Json, root: Path) -> _Origin:
    if record is None:
        below = "" if is_url(decision["record"]) else f" below {root}"
        gone = f"{decision['record']}{below}, where it is gone, out of reach or has changed"
        return _Origin(facts={}, text="", text_from=gone)
    source = recorded_sources(stage.manifest.settings)[decision["source"]]
    facts = {
        "url": record.url,
        "licence": record.licence or source.licence,
        "licence_basis": "record" if record.licence else "recipe",
        "collected_at": record.collected_at,
    }
    return _Origin(facts=facts, text=record.text, text_from=decision["record"])


def _paragraphs(
    decision: Json, document: Json, record: Record | None, removed: list[Json] | None
) -> Paragraphs | None:
    if removed is None or decision["language"] == CODE:
        return None
    normal = normal_prose(record.text).text if record else ""
    kept = None
    if document:
        kept = _lines_in(document["text"])
    elif NO_TEXT in decision["rules"]:
        kept = 0
    elif record:
        kept = _lines_in(normal) - len(removed)
    paragraphs = removed_paragraphs(removed, normal, str(decision["language"]))
    return Paragraphs(kept=kept, removed=paragraphs)


def _lines_in(text: str) -> int:
    return text.count("\n") + 1


def _figures(stage: Finished, identifier: str, domain: str) -> tuple[BoundedFigure, ...]:
    rows = _rows(stage.folder / SIGNALS_FILE, identifier)
    bounds = recorded_bounds(stage.manifest).get(domain, Quality())
    return tuple(_bounded(name, value, bounds) for row in rows[:1] for name, value in row.items())


def _bounded(signal: str, value: float, bounds: Quality) -> BoundedFigure:
    rules = [rule for rule in rules_of(bounds) if rule.signal == signal]
    limits = {rule.lowest: rule.bound for rule in rules if rule.is_on}
    figure = pa.array([value], pa.float32()).to_numpy()
    return BoundedFigure(
        signal=signal,
        value=value,
        lowest=limits.get(True),
        highest=limits.get(False),
        broken=tuple(rule.name for rule in rules if rule.broken(figure)[0]),
    )


def _cluster(path: Path, identifier: str) -> Cluster | None:
    rows = _rows(path, identifier)
    if not rows:
        return None
    representative, size = str(rows[0]["cluster"]), int(rows[0]["size"])
    siblings: list[str] = []
    if size > 1:
        # Ordered by id, not by cluster: one pass over two narrow columns.
        for table in row_groups(path, ["id", "cluster"]):
            members = table.filter(pc.equal(table["cluster"], representative))["id"].to_pylist()
            siblings += [member for member in members if member != identifier]
    return Cluster(
        representative=representative, size=size, siblings=tuple(sorted(set(siblings))[:_SIBLINGS])
    )


def _others(folder: Path, identifier: str) -> dict[str, Sequence[Json]]:
    """Rows of side-cars that this room does not know, so that none is left out."""
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        if path.name not in _KNOWN:
            try:
                found[path.name] = _rows(path, identifier)
            except (pa.ArrowException, KeyError):
                continue  # keyed by something else than a document
    return {name: rows for name, rows in found.items() if rows}
