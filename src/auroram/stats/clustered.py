"""Means of items that come in clusters: passages of one document, five replies to one prompt.

Items of a cluster resemble one another, so clusters and not items are what was drawn at random.
A ratio of sums is estimated with the spread of its clusters' residuals (the linearised, or cluster
robust, standard error) and Student's t with one degree of freedom less than there are clusters.

Sources: Cochran 1977, Sampling Techniques, 3rd ed., chapters 6 and 9A; Miller 2024,
arXiv:2411.00640, for language models.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.stats.intervals import LEVEL, NORMAL_975, Interval, clopper_pearson, wilson_score
from auroram.stats.student import t_quantile, two_sided_p

FEWEST = 10
"""Fewest clusters for which a spread is believed: below it there is no estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its standard error."""

    value: float
    """What was seen."""
    middle: float
    """Middle of the interval: the value, but for small samples of yes and no a little nearer 0."""
    error: float
    """Standard error; 0 only where all clusters agree exactly."""
    clusters: int
    items: int

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the standard error."""
        return self.clusters - 1

    def interval(self, level: float = LEVEL) -> Interval:
        """The interval of that level around the middle."""
        half = t_quantile(self.degrees, level) * self.error
        return Interval(self.middle - half, self.middle + half)

    def p(self, against: float = 0.0) -> float:
        """Two-sided p value of the true figure being `against`."""
        distance = self.middle - against
        if self.error == 0:
            return float(distance == 0)
        return two_sided_p(distance / self.error, self.degrees)


def mean_estimate(
    scores: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """Mean of the scores by weight; None for fewer than `FEWEST` clusters.

    Args:
        scores: one an item, such as bits per byte.
        weights: one an item, such as bytes; alike where left out.
        clusters: which cluster each item belongs to; each its own where left out.

    Raises:
        ValueError: where the lengths differ or the weights do not add up to more than 0.
    """
    sums = cluster_sums(scores, weights=weights, clusters=clusters)
    groups = len(sums)
    if groups < FEWEST:
        return None
    value, error = _ratio_and_error(sums)
    return Estimate(value=value, middle=value, error=error, clusters=groups, items=len(scores))


def paired_estimate(
    after: Sequence[float],
    before: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """Mean difference of two models on the same items; what is hard for both cancels.

    Args:
        after: one score an item.
        before: the other model's, in the same order.
        weights: as in `mean_estimate`.
        clusters: as in `mean_estimate`.
    """
    differences = [new - old for new, old in zip(after, before, strict=True)]
    return mean_estimate(differences, weights=weights, clusters=clusters)


def paired_answers(
    after: Sequence[bool],
    before: Sequence[bool],
    *,
    clusters: Sequence[Hashable] | None = None,
) -> Estimate | None:
    """Difference of two shares of yes on the same items.

    One item gained and one lost are added before the spread is taken. Without them no flips in
    ten items would look like certainty.

    Source: Bonett and Price 2012, Journal of Educational and Behavioral Statistics 37(4): the
    adjusted Wald interval of paired proportions; here each added item is a cluster of its own.
    """
    differences = [float(new) - float(old) for new, old in zip(after, before, strict=True)]
    groups: list[Hashable] = [*(clusters if clusters is not None else range(len(differences)))]
    seen = len(set(groups))
    if seen < FEWEST:
        return None
    added: list[Hashable] = [("added", 0), ("added", 1)]
    sums = cluster_sums([*differences, 1.0, -1.0], clusters=[*groups, *added])
    middle, error = _ratio_and_error(sums)
    value = sum(differences) / len(differences)
    return Estimate(value=value, middle=middle, error=error, clusters=seen, items=len(differences))


def rate_interval(
    answers: Sequence[bool], clusters: Sequence[Hashable] | None = None
) -> Interval | None:
    """Interval of a share of yes among clustered answers; None for fewer than `FEWEST` clusters.

    Wilson's, for as many independent answers as would spread as much as the clusters do, and no
    more than there are. Where all answers agree the clusters show no spread: the exact interval
    is taken with each cluster as one answer.

    Source: Korn and Graubard 1998, Survey Methodology 24(2), for the effective number; Wilson's
    interval in place of Clopper and Pearson's, which covers more than it says. Where two or three
    clusters hold all that was seen it covers 91 to 98 % (`benchmarks/interval_coverage.py`).
    """
    sums = cluster_sums([float(answer) for answer in answers], clusters=clusters)
    groups, n = len(sums), len(answers)
    if groups < FEWEST:
        return None
    share, error = _ratio_and_error(sums)
    if error == 0 or share in (0.0, 1.0):
        return clopper_pearson(round(share * groups), groups)
    effective = min(float(n), share * (1 - share) / error**2)
    if groups < n:  # the spread was estimated, so it is itself unsure
        effective *= (NORMAL_975 / t_quantile(groups - 1)) ** 2
    return wilson_score(share, effective)


def cluster_sums(
    scores: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
) -> NDArray[np.float64]:
    """Weighted scores and weights added up by cluster: two columns, clusters by first seen."""
    sizes = np.ones(len(scores)) if weights is None else np.asarray(weights, float)
    groups = range(len(scores)) if clusters is None else clusters
    if not len(scores) == len(sizes) == len(groups) or not sizes.sum() > 0:
        raise ValueError(
            "scores, weights and clusters must be alike in number, and weights above 0 "
            f"({len(scores)}, {len(sizes)} and {len(groups)} given)"
        )
    places = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    of = [places[group] for group in groups]
    columns = (np.asarray(scores, float) * sizes, sizes)
    return np.stack([np.bincount(of, column, len(places)) for column in columns], axis=1)


def _ratio_and_error(sums: NDArray[np.float64]) -> tuple[float, float]:
    """Ratio of the columns' sums, and its linearised standard error."""
    groups = len(sums)
    above, below = sums.sum(axis=0)
    residuals = sums[:, 0] - above / below * sums[:, 1]
    spread = groups / (groups - 1) * float(residuals @ residuals)
    return float(above / below), math.sqrt(spread) / float(below)
