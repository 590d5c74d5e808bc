"""Documents either side of a bound: what a rule only just keeps, and what it only just drops."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auroram.records.document import SPLITS
from auroram.records.manifest import Finished
from auroram.records.side_cars import Place, SourceTexts, figure_names, judged_tables
from auroram.report.distributions import bound_tables
from auroram.report.findings import called, in_order
from auroram.text.personal_data import KINDS, personal_spans, redacted

_EACH = 2
"""Documents shown on each side."""
_CHARACTERS = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A document near a bound."""

    id: str
    place: str
    figure: str
    kept: bool
    text: str
    """How it begins; empty where it is not to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """A rule of a language and the documents nearest to its bound."""

    tag: str
    """BCP 47, for the page's `lang` attribute; empty for programs."""
    language: str
    rule: str
    bound: str
    signal: str
    neighbours: Sequence[Neighbour]
    """Those just kept, then those just dropped."""


def borders(stage: Finished, texts: SourceTexts) -> list[Border]:
    """For each language the rule that drops most, with the documents nearest to its bound.

    Args:
        stage: a finished corpus stage.
        texts: reads dropped documents again.
    """
    measured = figure_names(stage.folder)
    rules = {domain: rule for domain, rule in _busiest(stage).items() if rule.signal in measured}
    if not rules:
        return []
    nearest: dict[tuple[str, bool], list[_Near]] = {}
    signals = sorted({rule.signal for rule in rules.values()})
    for rows in judged_tables(stage.folder, ["language", "kept", "first", *_PLACE], signals):
        for domain, rule in rules.items():
            for kept in (True, False):
                found = nearest.get((domain, kept), []) + _nearest(rows, domain, rule, kept=kept)
                nearest[domain, kept] = sorted(found, key=_order)[:_EACH]
    return [_border(stage, domain, rules[domain], nearest, texts) for domain in in_order([*rules])]


_PLACE = ("source", "record")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    name: str
    signal: str
    lowest: bool
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Near:
    place: Place
    figure: float
    distance: float


def _order(one: _Near) -> tuple[float, str, str]:
    return one.distance, one.place.id, one.place.record


def _busiest(stage: Finished) -> dict[str, _Rule]:
    """Domain to the rule that dropped most of its documents."""
    counts: dict[str, Counter[str]] = {}
    for one in stage.manifest.tallies:
        if (one.step, one.outcome, one.unit) == ("quality", "dropped", "documents"):
            counts.setdefault(one.domain, Counter())[one.reason] += one.value
    found = {}
    for domain, table in bound_tables(stage).items():
        rules = {rule.name: rule for rule in _rules(table)}
        for name, _ in sorted(counts.get(domain, Counter()).items(), key=lambda item: -item[1]):
            if name in rules:
                found[domain] = rules[name]
                break
    return found


def _rules(table: Mapping[str, float]) -> Iterator[_Rule]:
    for key, bound in table.items():
        side, _, signal = key.partition("_")
        if side in ("lowest", "highest"):
            name = f"{side.removesuffix('est')}-{signal}".replace("_", "-")
            yield _Rule(name=name, signal=signal, lowest=side == "lowest", bound=bound)


def _nearest(rows: pa.Table, domain: str, rule: _Rule, *, kept: bool) -> list[_Near]:
    fate = rows["kept"] if kept else pc.fill_null(pc.equal(rows["first"], rule.name), False)  # noqa: FBT003 -- Arrow's own order
    here = rows.filter(pc.and_(pc.equal(rows["language"], domain), fate))
    distances = np.abs(here[rule.signal].to_numpy() - rule.bound)
    chosen = np.argsort(distances, kind="stable")[:_EACH].tolist()
    return [
        _Near(
            place=Place(id=row["id"], source=row["source"], record=row["record"]),
            figure=row[rule.signal],
            distance=float(distances[index]),
        )
        for index, row in zip(chosen, here.take(chosen).to_pylist(), strict=True)
    ]


def _border(
    stage: Finished,
    domain: str,
    rule: _Rule,
    nearest: Mapping[tuple[str, bool], Sequence[_Near]],
    texts: SourceTexts,
) -> Border:
    kept, dropped = nearest.get((domain, True), []), nearest.get((domain, False), [])
    found = {
        **_kept_texts(stage, domain, [near.place.id for near in kept]),
        **texts(stage, [near.place for near in dropped]),
    }
    return Border(
        tag="" if domain == "code" else domain,
        language=called(domain),
        rule=rule.name,
        bound=f"{'at least' if rule.lowest else 'at most'} {rule.bound:,.10g}",
        signal=rule.signal.replace("_", " "),
        neighbours=[
            Neighbour(
                id=near.place.id,
                place=f"{near.place.source}, {near.place.record}",
                figure=f"{near.figure:.4g}",
                kept=fate,
                text=_excerpt(found.get(near.place.id, ""), domain),
            )
            for fate, side in ((True, kept), (False, dropped))
            for near in side
        ],
    )


def _kept_texts(stage: Finished, domain: str, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for split in SPLITS if ids else ():
        path = stage.folder / "documents" / split / f"{domain}.parquet"
        if path.is_file():
            wanted = pc.field("id").isin(list(ids))
            rows = pq.read_table(path, columns=["id", "text"], filters=wanted)
            found.update(zip(rows["id"].to_pylist(), rows["text"].to_pylist(), strict=True))
    return found


def _excerpt(text: str, domain: str) -> str:
    """The beginning, without personal data: the recipe may have left it in."""
    beginning = text[: 2 * _CHARACTERS]
    spans = personal_spans(beginning, kinds=KINDS, language=domain)
    plain = redacted(beginning, spans, lambda kind, _: f"<{kind.upper()}>")
    return plain if len(plain) <= _CHARACTERS else plain[:_CHARACTERS].rstrip() + "…"
