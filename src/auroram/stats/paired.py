"""Tests for two models that were asked the same questions."""

from collections.abc import Sequence
from dataclasses import dataclass

from auroram.stats.intervals import binomial_cdf


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """How many items changed their answer between two models, and how surprising that is."""

    gained: int
    """Items that were no and became yes."""
    lost: int
    """Items that were yes and became no."""
    p: float
    """Two-sided p value under the hypothesis that flips go either way with equal chance."""


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> Flips:
    """The exact McNemar test on paired yes-or-no answers; items in the same order.

    Source: McNemar 1947, Psychometrika 12(2); exact form: twice the smaller binomial tail of
    the flipped items, at most 1.

    Raises:
        ValueError: where the sequences differ in length.
    """
    pairs = list(zip(before, after, strict=True))
    gained = sum(new and not old for old, new in pairs)
    lost = sum(old and not new for old, new in pairs)
    tail = binomial_cdf(min(gained, lost), gained + lost, 0.5)
    return Flips(gained=gained, lost=lost, p=min(1.0, 2 * tail))
