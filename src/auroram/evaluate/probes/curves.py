"""What the answers add up to: a point for each model, a law over tokens, a verdict at the end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auroram.records.scored_item import ScoredItem, mean_score
from auroram.stats.clustered import (
    Estimate,
    mean_estimate,
    paired_answers,
    paired_estimate,
    rate_interval,
)
from auroram.stats.intervals import Interval
from auroram.stats.scaling import FEWEST, Extrapolation, extrapolation

RELATIVE = ("bits_per_byte",)
"""Measures whose change is a share of the base's; of the others it is a difference."""
SHARES = ("choice", "own_language", "refusal_preferred")
"""Measures that are yes or no for each item."""
GRID = 24
"""Places at which a law and its band are written down."""

Cell = tuple[str, str, str]
"""Measure, split, language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model's figure for one measure, set and language."""

    measure: str
    split: str
    language: str
    model: str
    tokens: int
    """Trained on since the base."""
    value: float
    low: float | None
    high: float | None
    change: float | None
    """Against the base, paired over the same items; None for the base."""
    change_low: float | None
    change_high: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A power law of the first half of the tokens, or why there is none."""

    measure: str
    split: str
    language: str
    reason: str
    """Why no law is shown; empty where one is."""
    limit: float | None = None
    exponent: float | None = None
    fitted: int = 0
    held_out: int = 0
    inside: int = 0
    """Points of the second half that lie in the band."""
    error: float | None = None
    """Root mean square distance of the second half from the law."""
    holds: bool = False
    band: tuple[tuple[float, float, float, float], ...] = ()
    """Tokens, law, lower and upper end of where a further checkpoint lies with 95 %."""


def cells(items: Iterable[ScoredItem]) -> dict[Cell, dict[str, list[ScoredItem]]]:
    """Items by what they are figures of, then by model, in the order in which models were asked."""
    found: dict[Cell, dict[str, list[ScoredItem]]] = defaultdict(lambda: defaultdict(list))
    for one in items:
        found[one.measure, one.split, one.language][one.model].append(one)
    return {cell: dict(by_model) for cell, by_model in found.items()}


def points(by_cell: Mapping[Cell, Mapping[str, Sequence[ScoredItem]]]) -> Iterator[Point]:
    """A point for each cell and model; the first model is the one that changes are against."""
    for (measure, split, language), by_model in by_cell.items():
        base = next(iter(by_model.values()))
        for model, items in by_model.items():
            interval = _interval(items)
            change = loss_against(items, base) if items is not base else None
            ends = change.interval() if change else None
            yield Point(
                measure=measure,
                split=split,
                language=language,
                model=model,
                tokens=items[0].tokens_seen,
                value=mean_score(items),
                low=interval.low if interval else None,
                high=interval.high if interval else None,
                change=change.value if change else None,
                change_low=ends.low if ends else None,
                change_high=ends.high if ends else None,
                n=len(items),
            )


def fits(series: Sequence[Point]) -> Iterator[Fit]:
    """A law for each cell that has the points for it, and the reason for each that has not."""
    by_cell: dict[Cell, list[Point]] = defaultdict(list)
    for one in series:
        by_cell[one.measure, one.split, one.language].append(one)
    for (measure, split, language), here in by_cell.items():
        trained = [(float(one.tokens), one.value) for one in here if one.tokens > 0]
        outcome = extrapolation(trained)
        if outcome is None:
            yield Fit(measure=measure, split=split, language=language, reason=_too_few(trained))
        else:
            yield _fit((measure, split, language), outcome, [tokens for tokens, _ in trained])


def loss_against(after: Sequence[ScoredItem], before: Sequence[ScoredItem]) -> Estimate | None:
    """The change between two models on the items that both answered, paired and by cluster.

    Relative for bits per byte, where it is a ratio of sums minus 1; a difference for the others.
    None for too few clusters.
    """
    old = {one.item: one for one in before}
    pairs = [(one, old[one.item]) for one in after if one.item in old]
    if not pairs:
        return None
    new_scores, old_scores = [a.score for a, _ in pairs], [b.score for _, b in pairs]
    clusters, weights = [a.cluster for a, _ in pairs], [a.weight for a, _ in pairs]
    if pairs[0][0].measure in RELATIVE:
        ratio = mean_estimate(
            [new / was for new, was in zip(new_scores, old_scores, strict=True)],
            weights=[was * weight for was, weight in zip(old_scores, weights, strict=True)],
            clusters=clusters,
        )
        return _minus_one(ratio) if ratio else None
    if _is_yes_or_no([*new_scores, *old_scores]):
        new, was = [score > 0.5 for score in new_scores], [score > 0.5 for score in old_scores]
        return paired_answers(new, was, clusters=clusters)
    return paired_estimate(new_scores, old_scores, weights=weights, clusters=clusters)


def _minus_one(ratio: Estimate) -> Estimate:
    return replace(ratio, value=ratio.value - 1, middle=ratio.middle - 1)


def _interval(items: Sequence[ScoredItem]) -> Interval | None:
    scores, clusters = [one.score for one in items], [one.cluster for one in items]
    if _is_yes_or_no(scores):
        return rate_interval([score > 0.5 for score in scores], clusters)
    estimate = mean_estimate(scores, weights=[one.weight for one in items], clusters=clusters)
    return estimate.interval() if estimate else None


def _is_yes_or_no(scores: Iterable[float]) -> bool:
    return set(scores) <= {0.0, 1.0}


def _too_few(trained: Sequence[tuple[float, float]]) -> str:
    most = max((tokens for tokens, _ in trained), default=0.0)
    first = sum(tokens <= most / 2 for tokens, _ in trained)
    return f"{first} checkpoints in the first half of the tokens; a law needs {FEWEST}"


def _fit(cell: Cell, outcome: Extrapolation, tokens: Sequence[float]) -> Fit:
    law, first, last = outcome.law, min(tokens), max(tokens)
    places = [first + (last - first) * step / (GRID - 1) for step in range(GRID)]
    ends = [law.band(place) for place in places]
    measure, split, language = cell
    return Fit(
        measure=measure,
        split=split,
        language=language,
        reason="",
        limit=law.limit,
        exponent=law.exponent,
        fitted=law.points,
        held_out=outcome.held_out,
        inside=outcome.inside,
        error=outcome.error,
        holds=outcome.holds,
        band=tuple(
            (place, law.at(place), end.low, end.high)
            for place, end in zip(places, ends, strict=True)
        ),
    )
