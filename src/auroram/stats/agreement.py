"""How far several raters agree on categories, beyond chance.

Sources: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability" (nominal metric, missing
ratings allowed); Gwet 2008, British Journal of Mathematical and Statistical Psychology 61(1)
(AC1). Alpha falls when one category is rare although raters agree on nearly everything; AC1 does
not. Both are stated, and where they differ much the categories are lopsided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.stats.bootstrap import FEWEST, RESAMPLES
from auroram.stats.intervals import LEVEL, Interval

Counts = NDArray[np.float64]
"""Ratings by (item, category)."""

MOST_UNDEFINED = 0.05
"""Largest share of resamples without a value, beyond which no interval is stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement over items that two or more raters rated."""

    items: int
    observed: float | None
    """Share of pairs of ratings on one item that agree, in [0, 1]; None without items."""
    alpha: float | None
    """Krippendorff's; 1 is agreement, 0 chance; None where all ratings are of one category."""
    alpha_interval: Interval | None
    ac1: float | None
    """Gwet's AC1; 1 is agreement, 0 chance."""
    ac1_interval: Interval | None


def agreement(
    ratings: Sequence[Sequence[str]], categories: Sequence[str], *, seed: int
) -> Agreement:
    """Observed agreement, alpha and AC1 with 95 % percentile intervals, resampled by item.

    Args:
        ratings: the ratings of each item; items with fewer than two are left out.
        categories: all that a rating can be, two at least.
        seed: of the resampling.
    """
    counts = _counts([one for one in ratings if len(one) > 1], categories)
    if not len(counts):
        return Agreement(
            items=0, observed=None, alpha=None, alpha_interval=None, ac1=None, ac1_interval=None
        )
    once = np.ones((1, len(counts)))
    drawn = _draws(len(counts), seed)
    return Agreement(
        items=len(counts),
        observed=_point(observed_share, once, counts),
        alpha=_point(krippendorff_alpha, once, counts),
        alpha_interval=_interval(krippendorff_alpha, drawn, counts),
        ac1=_point(gwet_ac1, once, counts),
        ac1_interval=_interval(gwet_ac1, drawn, counts),
    )


def observed_share(weights: NDArray[np.float64], counts: Counts) -> NDArray[np.float64]:
    """Share of agreeing pairs for each row of item weights; items with one rating weigh 0."""
    totals = counts.sum(axis=1)
    paired = totals > 1
    pairs = np.where(paired, totals * (totals - 1), 1)
    shares = (counts * (counts - 1)).sum(axis=1) / pairs
    agreed: NDArray[np.float64] = (weights @ (shares * paired)) / (weights @ paired)
    return agreed


def krippendorff_alpha(weights: NDArray[np.float64], counts: Counts) -> NDArray[np.float64]:
    """Alpha for each row of item weights; nan where only one category was used."""
    totals = counts.sum(axis=1)
    paired = totals > 1
    weights = weights * paired
    within = (counts * (totals[:, None] - counts)).sum(axis=1) / np.where(paired, totals - 1, 1)
    by_category = weights @ counts
    n = by_category.sum(axis=1)
    expected = (by_category * (n[:, None] - by_category)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha: NDArray[np.float64] = 1 - (n - 1) * (weights @ within) / expected
    return alpha


def gwet_ac1(weights: NDArray[np.float64], counts: Counts) -> NDArray[np.float64]:
    """AC1 for each row of item weights; the categories are the columns of the counts."""
    totals = counts.sum(axis=1)
    prevalence = weights @ (counts / totals[:, None]) / weights.sum(axis=1)[:, None]
    chance = (prevalence * (1 - prevalence)).sum(axis=1) / (counts.shape[1] - 1)
    ac1: NDArray[np.float64] = (observed_share(weights, counts) - chance) / (1 - chance)
    return ac1


def _counts(ratings: Sequence[Sequence[str]], categories: Sequence[str]) -> Counts:
    return np.array([[one.count(name) for name in categories] for one in ratings], float)


def _draws(items: int, seed: int) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    return generator.multinomial(items, np.full(items, 1 / items), size=RESAMPLES).astype(float)


Coefficient = Callable[[NDArray[np.float64], Counts], NDArray[np.float64]]


def _point(coefficient: Coefficient, once: NDArray[np.float64], counts: Counts) -> float | None:
    value = float(coefficient(once, counts)[0])
    return value if np.isfinite(value) else None


def _interval(
    coefficient: Coefficient, drawn: NDArray[np.float64], counts: Counts
) -> Interval | None:
    values = coefficient(drawn, counts)
    defined = values[np.isfinite(values)]
    if len(counts) < FEWEST or len(defined) < (1 - MOST_UNDEFINED) * len(values):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
