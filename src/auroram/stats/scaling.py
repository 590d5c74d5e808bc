"""Power laws of a score over tokens: fitted on the first half, held against the second.

`score(T) = limit + factor * T ** -exponent`. A fit that was never asked to predict proves nothing,
so the points up to half of the tokens decide the three numbers and the later ones are only
compared. The band is for one more checkpoint: it holds the doubt about the law and the scatter of
checkpoints around it.

Sources: Hoffmann et al. 2022, arXiv:2203.15556, section 3.3, for the form; Seber and Wild 1989,
Nonlinear Regression, chapter 5, for the band (linearised, Student's t).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.stats.intervals import LEVEL, Interval
from auroram.stats.student import t_quantile

FEWEST = 5
"""Fewest points that a law is fitted to: three numbers, and two more to see the scatter."""

_EXPONENTS = (0.02, 3.0)
"""Exponents looked at. Language models lie between 0.05 and 0.5."""

Point = tuple[float, float]
"""Tokens, above 0, and score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """A law with what is needed to say how sure it is."""

    limit: float
    """Score after ever more tokens."""
    factor: float
    """Distance from the limit at `unit` tokens; below 0 for a score that rises."""
    exponent: float
    unit: float
    """Tokens that are counted as 1, so that the numbers stay near 1."""
    scatter: float
    """Standard deviation of checkpoints around the law."""
    points: int
    covariance: tuple[tuple[float, ...], ...]
    """Of limit, factor and exponent, in units of the scatter squared."""

    def at(self, tokens: float) -> float:
        """The score that the law expects."""
        power: float = (tokens / self.unit) ** -self.exponent
        return self.limit + self.factor * power

    def band(self, tokens: float) -> Interval:
        """Where one further checkpoint lies with the probability `LEVEL`."""
        slope = _slopes(np.array([tokens / self.unit]), self.factor, self.exponent)[0]
        doubt = float(slope @ np.array(self.covariance) @ slope)
        half = t_quantile(self.points - 3, LEVEL) * self.scatter * math.sqrt(1 + doubt)
        return Interval(self.at(tokens) - half, self.at(tokens) + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extrapolation:
    """A law of the first half of the tokens and how it did on the second."""

    law: PowerLaw
    held_out: int
    """Points of the second half."""
    error: float
    """Root mean square distance of those points from the law, in the score's unit."""
    inside: int
    """How many of them lie in the band."""

    @property
    def holds(self) -> bool:
        """Whether the second half scatters around the law about as the first half did."""
        return self.inside >= math.ceil(0.8 * self.held_out)


def extrapolation(points: Sequence[Point]) -> Extrapolation | None:
    """Fit the points up to half of the tokens, predict the others.

    None where there are fewer than `FEWEST` to fit or none to predict.

    Raises:
        ValueError: where a point has no tokens.
    """
    most = max((tokens for tokens, _ in points), default=0.0)
    first = [point for point in points if point[0] <= most / 2]
    second = [point for point in points if point[0] > most / 2]
    law = power_law(first)
    if law is None or not second:
        return None
    distances = [score - law.at(tokens) for tokens, score in second]
    bands = [(law.band(tokens), score) for tokens, score in second]
    return Extrapolation(
        law=law,
        held_out=len(second),
        error=math.sqrt(sum(one * one for one in distances) / len(second)),
        inside=sum(band.low <= score <= band.high for band, score in bands),
    )


def power_law(points: Sequence[Point]) -> PowerLaw | None:
    """The law with the least squares; None for fewer than `FEWEST` points.

    Scores that are all above 0, as bits per byte are, have a limit that is not below 0. For each
    exponent limit and factor follow from a linear fit, so only the exponent is searched:
    a grid finds the valley, a golden section its bottom.

    Raises:
        ValueError: where a point has no tokens.
    """
    if any(tokens <= 0 for tokens, _ in points):
        raise ValueError("a power law is over tokens above 0; leave the base out of its points")
    if len(points) < FEWEST:
        return None
    tokens, scores = np.array(points, float).T
    unit = float(np.exp(np.mean(np.log(tokens))))
    grid = np.geomspace(*_EXPONENTS, 60)
    best = int(np.argmin([_misfit(tokens / unit, scores, one) for one in grid]))
    low, high = grid[max(0, best - 1)], grid[min(len(grid) - 1, best + 1)]
    exponent = _bottom(tokens / unit, scores, float(low), float(high))
    limit, factor = _line(tokens / unit, scores, exponent)
    slopes = _slopes(tokens / unit, factor, exponent)
    return PowerLaw(
        limit=limit,
        factor=factor,
        exponent=exponent,
        unit=unit,
        scatter=math.sqrt(_misfit(tokens / unit, scores, exponent) / (len(points) - 3)),
        points=len(points),
        covariance=tuple(map(tuple, np.linalg.pinv(slopes.T @ slopes).tolist())),
    )


def _line(
    tokens: NDArray[np.float64], scores: NDArray[np.float64], exponent: float
) -> tuple[float, float]:
    falls = tokens**-exponent
    limit, factor = np.linalg.lstsq(np.stack([np.ones_like(falls), falls], 1), scores, rcond=None)[
        0
    ]
    if limit < 0 < scores.min():
        return 0.0, float(falls @ scores / (falls @ falls))
    return float(limit), float(factor)


def _misfit(tokens: NDArray[np.float64], scores: NDArray[np.float64], exponent: float) -> float:
    limit, factor = _line(tokens, scores, exponent)
    return float(np.sum((scores - limit - factor * tokens**-exponent) ** 2))


def _bottom(
    tokens: NDArray[np.float64], scores: NDArray[np.float64], low: float, high: float
) -> float:
    """Golden section search: each step keeps the part with the smaller misfit."""
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _misfit(tokens, scores, left) < _misfit(tokens, scores, right):
            high = right
        else:
            low = left
    return (low + high) / 2


def _slopes(tokens: NDArray[np.float64], factor: float, exponent: float) -> NDArray[np.float64]:
    """How the law moves with each of its three numbers, a row a point."""
    powers = tokens**-exponent
    return np.stack([np.ones_like(tokens), powers, -factor * powers * np.log(tokens)], axis=1)
