"""What a comparison could have seen: the smallest effect that it finds most of the time."""

import math

from auroram.stats.intervals import NORMAL_975

POWER = 0.8
"""Share of the experiments in which an effect of that size is to be found."""

NORMAL_80 = 0.8416212335729143
"""Quantile of the normal distribution with 80 % below it."""


def detectable_effect(standard_error: float) -> float:
    """The smallest true effect that a two-sided test at 5 % finds with a power of 80 %.

    Source: Bloom 1995, Evaluation Review 19(5); Miller 2024, arXiv:2411.00640.
    """
    return (NORMAL_975 + NORMAL_80) * standard_error


def items_needed(effect: float, deviation: float) -> int:
    """How many independent pairs find a mean difference of `effect`, 80 % of the time.

    Args:
        effect: the true difference, not 0.
        deviation: standard deviation of one pair's difference.

    >>> items_needed(0.03, 0.34)
    1009

    Raises:
        ValueError: where the effect is 0.
    """
    if effect == 0:
        raise ValueError("no number of items finds an effect of 0; name the smallest that matters")
    return math.ceil(((NORMAL_975 + NORMAL_80) * deviation / effect) ** 2)
