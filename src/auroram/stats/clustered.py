"""Means of items that come in clusters: passages of one document, five replies to one prompt.

Items of a cluster resemble one another, so clusters and not items are what was drawn at random.
A ratio of sums is estimated with the spread of its clusters' residuals. A cluster that weighs much
draws the ratio towards itself, so that its residual is too small: each is made larger by what its
weight took away, and where few clusters hold most of the weight Student's t has fewer degrees of
freedom than there are clusters. For clusters of one size both are what the textbook has.

Sources: Cochran 1977, Sampling Techniques, 3rd ed., chapters 6 and 9A, for the ratio; Bell and
McCaffrey 2002, Survey Methodology 28(2), for residuals (their CR2) and degrees of freedom
(Satterthwaite's); Miller 2024, arXiv:2411.00640, for language models. Degrees of freedom need a
variance for each cluster's mean. Where all items of a cluster are alike these are equal, where none
are they fall with its weight; the harmonic mean of both is taken, which is our own: either alone
covers 93 or 99 % where sizes differ much (`benchmarks/interval_coverage.py`).
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
    degrees: int
    """Degrees of freedom of the standard error."""
    clusters: int
    items: int

    def interval(self) -> Interval:
        """The interval of `LEVEL` around the middle."""
        half = t_quantile(self.degrees, LEVEL) * self.error
        return Interval(self.middle - half, self.middle + half)

    def p(self) -> float:
        """Two-sided p value of the true figure being 0."""
        if self.error == 0:
            return float(self.middle == 0)
        return two_sided_p(self.middle / self.error, self.degrees)


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
    seen = ratio_spread(sums)
    return Estimate(
        value=seen.ratio,
        middle=seen.ratio,
        error=seen.error,
        degrees=seen.degrees,
        clusters=groups,
        items=len(scores),
    )


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
    spread = ratio_spread(cluster_sums([*differences, 1.0, -1.0], clusters=[*groups, *added]))
    return Estimate(
        value=sum(differences) / len(differences),
        middle=spread.ratio,
        error=spread.error,
        degrees=min(spread.degrees, seen - 1),
        clusters=seen,
        items=len(differences),
    )


def rate_interval(
    answers: Sequence[bool], clusters: Sequence[Hashable] | None = None
) -> Interval | None:
    """Interval of a share of yes among clustered answers; None for fewer than `FEWEST` clusters.

    Wilson's, for as many independent answers as would spread as much as the clusters do, and no
    more than there are. Where few clusters hold the rarer answer, how much replies of a cluster
    are alike is hardly seen: what they show counts by their number, and that all of them are alike
    counts as one cluster more. Where all answers agree the clusters show no spread: the exact
    interval is taken with each cluster as one answer.

    Source: Korn and Graubard 1998, Survey Methodology 24(2), for the effective number; Wilson's
    interval in place of Clopper and Pearson's, which covers more than it says. The cluster more is
    our own: without it 91 % of the intervals hold the truth where it is seen in two or three
    clusters (`benchmarks/interval_coverage.py`).
    """
    sums = cluster_sums([float(answer) for answer in answers], clusters=clusters)
    groups, n = len(sums), len(answers)
    if groups < FEWEST:
        return None
    spread = ratio_spread(sums)
    share = spread.ratio
    if spread.error == 0 or share in (0.0, 1.0):
        return clopper_pearson(round(share * groups), groups)
    effective = min(float(n), share * (1 - share) / spread.error**2)
    if groups < n:  # the spread was estimated, so it is itself unsure
        yes, of = sums.T
        telling = min(int((yes > 0).sum()), int((yes < of).sum()))
        if effective > groups:
            effective = (telling + 1) / (telling / effective + 1 / groups)
        effective *= (NORMAL_975 / t_quantile(spread.degrees)) ** 2
    return wilson_score(share, effective)


def cluster_sums(
    scores: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
) -> NDArray[np.float64]:
    """Weighted scores and weights added up by cluster: two columns, clusters by first seen.

    Clusters that weigh nothing are left out.
    """
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
    sums: NDArray[np.float64] = np.stack(
        [np.bincount(of, column, len(places)) for column in columns], axis=1
    )
    return sums[sums[:, 1] > 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A ratio of sums with what its clusters say of it."""

    ratio: float
    error: float
    """Standard error."""
    degrees: int
    """Of freedom, rounded down."""


def ratio_spread(sums: NDArray[np.float64]) -> Spread:
    """The ratio of the two columns' sums; a row a cluster, two at least, each of some weight.

    With shares h of the weight and cluster means y, the squared error is the sum of
    h^2 (y - ratio)^2 / (1 - h): a quadratic form of the y, whose first two moments give the degrees
    of freedom.
    """
    above, below = sums.sum(axis=0)
    share, ratio = sums[:, 1] / below, above / below
    factors = share**2 / (1 - share)
    squares = (sums[:, 0] / sums[:, 1] - ratio) ** 2
    alike = _degrees(share, factors, np.ones_like(share))
    unlike = _degrees(share, factors, 1 / share)
    return Spread(
        ratio=float(ratio),
        error=math.sqrt(float(factors @ squares)),
        # Rounded down, but not where a whole number came out a rounding error too small.
        degrees=max(1, math.floor(2 / (1 / alike + 1 / unlike) + 1e-6)),
    )


def _degrees(
    share: NDArray[np.float64], factors: NDArray[np.float64], variances: NDArray[np.float64]
) -> float:
    """Satterthwaite's: the squared mean of the form over half its variance.

    Residuals have the covariances [g = k] v_g - h_g v_g - h_k v_k + sum of h^2 v, so both traces
    are sums of powers, and no square table of clusters is made.
    """
    lever = share * variances
    common = float(share @ lever)
    sums = [float(factors @ lever**power) for power in range(3)]
    mean = float(factors @ (variances + common - 2 * lever))
    every = (common * sums[0]) ** 2 + 2 * sums[0] * sums[2]
    every += 2 * sums[1] ** 2 - 4 * common * sums[0] * sums[1]
    off = common - 2 * lever
    own = float(factors**2 @ ((variances + off) ** 2 - off**2))
    return mean**2 / (every + own)
