"""Documents either side of a bound: what a rule only just keeps, and what it only just drops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auroram.records.document import SPLITS
from auroram.records.fallen import read_fallen
from auroram.records.manifest import Finished
from auroram.records.side_cars import Place, SourceTexts, figure_names, judged_tables
from auroram.report.bounds import BusyRule, busy_rules
from auroram.report.findings import full_name, in_order
from auroram.text.personal_data import KINDS, personal_spans, redacted

_RULES = 5
"""Rules shown of a language at most."""
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
    """A rule and the documents nearest to its bound."""

    rule: str
    bound: str
    signal: str
    dropped: int
    """Documents that broke this rule before any other."""
    neighbours: Sequence[Neighbour]
    """Those just kept, then those just dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """A language and the rules that dropped any of its documents."""

    tag: str
    """BCP 47, for the page's `lang` attribute; empty for programs."""
    language: str
    rules: Sequence[Border]
    """At most five, the one that dropped most first."""


def borders(stage: Finished, texts: SourceTexts) -> list[Borders]:
    """For each language the rules that drop most, with the documents nearest to their bounds.

    Args:
        stage: a finished corpus stage.
        texts: reads dropped documents again.
    """
    measured = figure_names(stage.folder)
    found = {
        domain: [rule for rule in rules if rule.signal in measured][:_RULES]
        for domain, rules in busy_rules(stage).items()
    }
    shown = {domain: rules for domain, rules in found.items() if rules}
    nearest = _nearest_documents(stage, shown)
    opened = _texts(stage, nearest, texts)
    return [
        Borders(
            tag="" if domain == "code" else domain,
            language=full_name(domain),
            rules=[_border(domain, rule, nearest, opened) for rule in shown[domain]],
        )
        for domain in in_order([*shown])
    ]


_PLACE = ("source", "record")

_Side = tuple[str, str, bool]
"""Domain, rule, and whether the documents were kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Near:
    place: Place
    figure: float
    distance: float


def _order(one: _Near) -> tuple[float, str, str]:
    return one.distance, one.place.id, one.place.record


def _nearest_documents(
    stage: Finished, shown: Mapping[str, Sequence[BusyRule]]
) -> dict[_Side, list[_Near]]:
    nearest: dict[_Side, list[_Near]] = {}
    signals = sorted({rule.signal for rules in shown.values() for rule in rules})
    columns = ["language", "kept", "first", *_PLACE]
    fallen = pa.array([one.document for one in read_fallen(stage.folder)], pa.string())
    for judged in judged_tables(stage.folder, columns, signals) if signals else ():
        rows = judged.filter(pc.invert(pc.is_in(judged["id"], fallen)))
        for domain, rules in shown.items():
            here = rows.filter(pc.equal(rows["language"], domain))
            kept = here.filter(here["kept"])
            for rule in rules:
                dropped = here.filter(pc.equal(here["first"], rule.name))
                for fate, side in ((True, kept), (False, dropped)):
                    key = (domain, rule.name, fate)
                    found = nearest.get(key, []) + _nearest(side, rule)
                    nearest[key] = sorted(found, key=_order)[:_EACH]
    return nearest


def _nearest(rows: pa.Table, rule: BusyRule) -> list[_Near]:
    distances = np.abs(rows[rule.signal].to_numpy() - rule.bound)
    chosen = np.argsort(distances, kind="stable")[:_EACH].tolist()
    return [
        _Near(
            place=Place(id=row["id"], source=row["source"], record=row["record"]),
            figure=row[rule.signal],
            distance=float(distances[index]),
        )
        for index, row in zip(chosen, rows.take(chosen).to_pylist(), strict=True)
    ]


def _texts(
    stage: Finished, nearest: Mapping[_Side, Sequence[_Near]], texts: SourceTexts
) -> dict[str, str]:
    """The text of every document that is shown, by id; each file is read once."""
    kept: dict[str, set[str]] = {}
    dropped: dict[str, Place] = {}
    for (domain, _, fate), side in nearest.items():
        for near in side:
            if fate:
                kept.setdefault(domain, set()).add(near.place.id)
            else:
                dropped[near.place.id] = near.place
    found = dict(texts(stage, [dropped[id_] for id_ in sorted(dropped)]))
    for domain, ids in kept.items():
        found.update(_kept_texts(stage, domain, sorted(ids)))
    return found


def _border(
    domain: str,
    rule: BusyRule,
    nearest: Mapping[_Side, Sequence[_Near]],
    texts: Mapping[str, str],
) -> Border:
    return Border(
        rule=rule.name,
        bound=f"{'at least' if rule.lowest else 'at most'} {rule.bound:,.10g}",
        signal=rule.signal.replace("_", " "),
        dropped=rule.dropped,
        neighbours=[
            Neighbour(
                id=near.place.id,
                place=f"{near.place.source}, {near.place.record}",
                figure=f"{near.figure:.4g}",
                kept=fate,
                text=_excerpt(texts.get(near.place.id, ""), domain),
            )
            for fate in (True, False)
            for near in nearest.get((domain, rule.name, fate), ())
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
