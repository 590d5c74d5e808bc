"""Student's t distribution for whole degrees of freedom, without a library for it.

Source: Abramowitz and Stegun 1964, Handbook of Mathematical Functions, 26.7.3 and 26.7.4: finite
sums of powers of a cosine.
"""

import math
from functools import lru_cache

import numpy as np

from auroram.stats.intervals import LEVEL

_MOST = 10_000
"""Degrees beyond which the normal distribution agrees to four digits and more."""


def t_within(bound: float, degrees: int) -> float:
    """Probability that a t variable lies between -`bound` and `bound`.

    Raises:
        ValueError: where there are no degrees of freedom.
    """
    if degrees < 1:
        raise ValueError(f"a t distribution needs at least one degree of freedom ({degrees} given)")
    if degrees > _MOST:
        return math.erf(abs(bound) / math.sqrt(2))
    angle = math.atan(abs(bound) / math.sqrt(degrees))
    odd = degrees % 2
    series = math.sin(angle) * _powers(math.cos(angle), degrees, odd)
    return 2 / math.pi * (angle + series) if odd else series


def t_quantile(degrees: int, level: float = LEVEL) -> float:
    """The bound within which a t variable lies with probability `level`.

    >>> round(t_quantile(9), 3)
    2.262
    """
    return _quantile(min(degrees, _MOST + 1), level)


def two_sided_p(score: float, degrees: int) -> float:
    """Probability of a t variable at least as far from 0 as `score`, on either side."""
    return max(0.0, 1 - t_within(score, degrees))


def _powers(cosine: float, degrees: int, odd: int) -> float:
    """The series of powers of the cosine; each term is the one before times a ratio."""
    steps = np.arange(1, (degrees - odd) // 2)
    ratios = (2 * steps - 1 + odd) / (2 * steps + odd) * cosine**2
    terms = float(np.sum(np.cumprod(ratios)))
    if odd:
        return cosine * (1 + terms) if degrees > 1 else 0.0
    return 1 + terms


@lru_cache(maxsize=4096)
def _quantile(degrees: int, level: float) -> float:
    low, high = 0.0, 1.0
    while t_within(high, degrees) < level:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_within(middle, degrees) < level else (low, middle)
    return (low + high) / 2
