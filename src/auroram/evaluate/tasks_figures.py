"""The mean of each figure of each task, with its interval over independent sources."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from auroram.evaluate.tasks.metrics import METRICS
from auroram.records.measurement import Measurement
from auroram.records.scored_item import ScoredItem
from auroram.stats.bootstrap import ratio_interval, ratio_of_sums
from auroram.stats.intervals import Interval, wilson

UNITS = {kind.measure: kind.unit for kind in METRICS.values()}


def measured(scored: Iterable[ScoredItem], *, seed: int) -> Iterator[Measurement]:
    """A measurement for each model, task and measure, in the order in which they are met."""
    cells: dict[tuple[str, str, str], list[ScoredItem]] = defaultdict(list)
    for one in scored:
        cells[one.model, one.task, one.measure].append(one)
    for (model, task, measure), items in cells.items():
        totals, weights = by_cluster(items)
        interval = _interval(items, totals, weights, seed)
        yield Measurement(
            stage=model,
            measure=measure,
            language=items[0].language,
            value=ratio_of_sums(totals, weights),
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            n=len(totals),
            unit=UNITS[measure.partition(".")[0].partition("@")[0]],
            split=task,
        )


def by_cluster(items: Sequence[ScoredItem]) -> tuple[list[float], list[float]]:
    """Weighted scores and weights, summed over the items of each source."""
    totals: dict[str, float] = defaultdict(float)
    weights: dict[str, float] = defaultdict(float)
    for one in items:
        totals[one.cluster] += one.score * one.weight
        weights[one.cluster] += one.weight
    return list(totals.values()), list(weights.values())


def _interval(
    items: Sequence[ScoredItem], totals: Sequence[float], weights: Sequence[float], seed: int
) -> Interval | None:
    """Wilson's for yes-or-no items that stand alone; sources are drawn anew for all else."""
    if len(totals) == len(items) and all(one.score in (0, 1) and one.weight == 1 for one in items):
        return wilson(round(sum(totals)), len(totals))
    return ratio_interval(totals, weights, seed=seed)
