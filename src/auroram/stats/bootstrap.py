"""Intervals for ratios of sums, resampled by document.

Bits per byte is a sum of bits over a sum of bytes; its documents are the independent items, its
tokens are not. So documents are drawn with replacement and the ratio is taken of the drawn sums.

Sources: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapters 6 and 13 (percentile
interval); Hesterberg 2014, arXiv:1411.5279 (its ends moved out by what Student's t and an unbiased
variance ask for, as the plain ones lie too close together where documents are few). The variance is
`clustered`'s; its degrees of freedom are not, as where few documents hold most of the bytes the
drawn ratios themselves spread wider than a normal's. Under `FEWEST` documents there is no interval.
"""

import math
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from auroram.stats.clustered import cluster_sums, ratio_spread
from auroram.stats.intervals import Interval
from auroram.stats.student import t_quantile

RESAMPLES = 2_000
"""Draws: the ends of the interval then move by about a fiftieth of its width from seed to seed."""

FEWEST = 10
"""Fewest documents for which an interval is stated."""

_BLOCK = 1 << 20  # counts drawn at once: 8 MB


def ratio_of_sums(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Sum over sum.

    Raises:
        ValueError: where the lengths differ or the denominators do not add up to more than 0.
    """
    if len(numerators) != len(denominators) or not sum(denominators) > 0:
        raise ValueError(
            "a ratio needs as many numerators as denominators, and a denominator above 0 "
            f"({len(numerators)} and {len(denominators)} given)"
        )
    return sum(numerators) / sum(denominators)


def ratio_interval(
    numerators: Sequence[float], denominators: Sequence[float], *, seed: int
) -> Interval | None:
    """95 % bootstrap interval of the ratio of sums, by document; None for too few documents.

    Args:
        numerators: one value a document, such as bits.
        denominators: one positive value a document, such as bytes.
        seed: of the draws; the same seed gives the same interval.
    """
    n = len(numerators)
    if n < FEWEST:
        return None
    pairs = np.stack([np.asarray(numerators, float), np.asarray(denominators, float)], axis=1)
    return _expanded(_ratios(pairs, seed), pairs)


def cluster_interval(
    scores: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    seed: int,
) -> Interval | None:
    """95 % bootstrap interval of a weighted mean whose items come in clusters, drawn whole."""
    sums = cluster_sums(scores, weights=weights, clusters=clusters)
    return ratio_interval(sums[:, 0].tolist(), sums[:, 1].tolist(), seed=seed)


def change_interval(
    after: Sequence[float], before: Sequence[float], *, seed: int
) -> Interval | None:
    """95 % interval of the relative change of a sum over the same documents, paired.

    Two models' bits over the same bytes: the bytes cancel, so the change of bits per byte is
    sum(after) / sum(before) - 1. What makes a document hard for both models cancels as well,
    which an interval around each model alone would count as doubt.
    """
    ratio = ratio_interval(after, before, seed=seed)
    return ratio and Interval(ratio.low - 1, ratio.high - 1)


def _expanded(drawn: NDArray[np.float64], pairs: NDArray[np.float64]) -> Interval:
    spread = ratio_spread(pairs)
    residuals = pairs[:, 0] - spread.ratio * pairs[:, 1]
    plain = math.sqrt(float(residuals @ residuals)) / float(pairs[:, 1].sum())
    bound = t_quantile(len(pairs) - 1) * (spread.error / plain if plain else 1.0)
    inside = math.erf(bound / math.sqrt(2))
    low, high = np.quantile(drawn, [(1 - inside) / 2, (1 + inside) / 2])
    return Interval(float(low), float(high))


def _ratios(pairs: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    n = len(pairs)
    generator = np.random.default_rng(seed)
    at_once = max(1, _BLOCK // n)
    ratios = []
    for start in range(0, RESAMPLES, at_once):
        draws = min(at_once, RESAMPLES - start)
        counts = generator.multinomial(n, np.full(n, 1 / n), size=draws)
        sums = counts @ pairs
        ratios.append(sums[:, 0] / sums[:, 1])
    return np.concatenate(ratios)
