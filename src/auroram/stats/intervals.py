"""95 % intervals for a share of independent yes-or-no items.

Sources: Clopper and Pearson 1934, Biometrika 26(4); Wilson 1927, JASA 22(158); compared in
Brown, Cai and DasGupta 2001, Statistical Science 16(2). The exact interval is the one to
decide by, because it never covers less than it says; Wilson's is shorter and good to show.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
"""Confidence of every interval of the house."""

NORMAL_975 = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends of an interval."""

    low: float
    high: float


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """The exact interval of a share: covers it in at least `level` of all samples.

    Its ends are the shares under which what was seen, or something more extreme, has a
    probability of just (1 - level) / 2 on either side.

    Raises:
        ValueError: where successes do not lie between 0 and n, or n is 0.
    """
    _check(successes, n)
    tail = (1 - level) / 2
    low, high = 0.0, 1.0
    if successes > 0:
        low = _root(lambda share: binomial_cdf(successes - 1, n, share) - (1 - tail))
    if successes < n:
        high = _root(lambda share: binomial_cdf(successes, n, share) - tail)
    return Interval(low, high)


def wilson(successes: int, n: int) -> Interval:
    """Wilson's score interval of a share, at 95 %.

    Raises:
        ValueError: where successes do not lie between 0 and n, or n is 0.
    """
    _check(successes, n)
    return wilson_score(successes / n, n)


def wilson_score(share: float, n: float) -> Interval:
    """Wilson's interval around a share seen in `n` independent answers, which need not be whole."""
    square = NORMAL_975**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    spread = math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    half = NORMAL_975 / (1 + square / n) * spread
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def binomial_cdf(most: int, n: int, share: float) -> float:
    """Probability of at most `most` successes in `n` tries, each with probability `share`."""
    if most < 0 or share >= 1.0:
        return float(most >= n)
    if share <= 0.0 or most >= n:
        return 1.0
    k = np.arange(most + 1)
    log_choices = np.array(
        [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in k]
    )
    terms = np.exp(log_choices + k * math.log(share) + (n - k) * math.log1p(-share))
    return min(1.0, math.fsum(terms))


def _root(falling: Callable[[float], float]) -> float:
    """Where a falling function of a share crosses 0, to the last bit that bisection can give."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _check(successes: int, n: int) -> None:
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n, and n above 0 ({successes} of {n})")
