"""Rates over repeated generations, corrected for the error of the judge who counted them.

A prompt is asked g times, and a judge says yes to y of the g generations. Prompts are the
independent items, so the pair (y, g) of a prompt is one draw from a categorical distribution, and
that distribution is all that is inferred: however alike the generations of one prompt are, no
model of their likeness is needed. Its posterior is Dirichlet with a prior of one prompt in all,
spread evenly over the values that y can take. At one generation a prompt that is Jeffreys'
interval of a share.

The judge's sensitivity and specificity have posteriors of their own, from the texts that people
labelled, and are drawn together with the distribution. Given what a generation truly is, the
judge errs on each one by itself; then (se - said) / (se + sp - 1) is 1 on average for a true no
and 0 for a true yes, and a product of k of them says how often none of k generations is a yes.

Sources: Rogan and Gladen 1978, American Journal of Epidemiology 107(1), for one generation;
Perks 1947, Journal of the Institute of Actuaries 73, for the prior. The product over k generations
is the same identity used k times.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.stats.intervals import LEVEL, Interval

DRAWS = 8_000
"""From the posterior: an end of the interval then moves by about a fiftieth of its width."""

UNSCORED = "no request was scored often enough"
CHANCE = "the judge may be no better than chance"
CONTRADICTED = (
    "the judge said yes {} often than its measured error allows; measure it on replies like these"
)
"""Why there is no corrected rate. The last: a card whose labels are of other texts."""

LEAST_SKILL = 0.1
"""Sensitivity + specificity - 1 below which a judge tells too little to correct by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One prompt: how many of its generations a judge could score, and said yes to."""

    yes: int
    scored: int

    def __post_init__(self) -> None:
        if not 0 <= self.yes <= self.scored:
            raise ValueError(f"yes must lie between 0 and scored ({self.yes} of {self.scored})")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeError:
    """What a judge got right on texts that people labelled; all zeros for one that cannot err."""

    hits: int = 0
    """True yes that the judge called yes."""
    positives: int = 0
    rejections: int = 0
    """True no that the judge called no."""
    negatives: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether the judge's word is the truth by definition: people's own labels."""
        return self.positives == 0 and self.negatives == 0

    @property
    def rates(self) -> tuple[float, float]:
        """Sensitivity and specificity as seen."""
        if self.is_exact:
            return 1.0, 1.0
        return self.hits / self.positives, self.rejections / self.negatives

    def draws(self, generator: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
        """Sensitivity and specificity drawn from their posteriors, Jeffreys' prior."""
        if self.is_exact:
            return np.ones(DRAWS), np.ones(DRAWS)
        missed, alarms = self.positives - self.hits, self.negatives - self.rejections
        return (
            generator.beta(self.hits + 0.5, missed + 0.5, DRAWS),
            generator.beta(self.rejections + 0.5, alarms + 0.5, DRAWS),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedRate:
    """A rate with its 95 % interval."""

    value: float
    interval: Interval
    prompts: int
    """Prompts with enough scored generations: the n of the rate."""


def corrected_rate(
    prompts: Sequence[Asked], *, k: int, error: JudgeError, seed: int
) -> CorrectedRate | str:
    """Share of prompts of which at least one of k generations is truly a yes.

    Where a prompt has more than k scored generations, all choices of k of them count alike; so
    k = 1 is the mean share of yes a prompt.

    Args:
        prompts: independent of one another; those with fewer than k scored are left out.
        k: generations that an attacker may try, at least 1.
        error: of the judge, measured on texts like these.
        seed: of the draws; the same seed gives the same interval.

    Returns:
        In words why there is none: no prompt has k scored generations, the judge may be no better
        than chance, or what it said lies outside of all that its measured error allows.
    """
    cells = Counter((one.yes, one.scored) for one in prompts if one.scored >= k)
    if not cells:
        return UNSCORED
    if not _has_skill(error):
        return CHANCE
    generator = np.random.default_rng(seed)
    sensitivity, specificity = error.draws(generator)
    skilled = sensitivity + specificity - 1 > LEAST_SKILL
    if skilled.mean() < LEVEL:
        return CHANCE
    places = [(yes, scored) for scored in {g for _, g in cells} for yes in range(scored + 1)]
    weights = generator.dirichlet([cells[place] + 1 / len(places) for place in places], DRAWS)
    none_of_k = _none_of_k(places, k, sensitivity, specificity)
    rates = 1 - (weights * none_of_k).sum(axis=1)[skilled]
    ends = np.quantile(rates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if ends[0] > 1 or ends[1] < 0:
        return CONTRADICTED.format("more" if ends[0] > 1 else "less")
    low, high = np.clip(ends, 0, 1)
    n = sum(cells.values())
    shares = np.array([cells[place] / n for place in places])
    seen = 1 - float(shares @ _none_of_k(places, k, *map(np.atleast_1d, error.rates))[0])
    return CorrectedRate(
        value=min(max(seen, float(low)), float(high)),
        interval=Interval(float(low), float(high)),
        prompts=n,
    )


def _has_skill(error: JudgeError) -> bool:
    if not error.is_exact and not (error.positives and error.negatives):
        return False
    sensitivity, specificity = error.rates
    return sensitivity + specificity - 1 > LEAST_SKILL


def _none_of_k(
    places: Sequence[tuple[int, int]],
    k: int,
    sensitivity: NDArray[np.float64],
    specificity: NDArray[np.float64],
) -> NDArray[np.float64]:
    """For each draw and place, what k of its generations say of the chance that none is a yes."""
    skill = sensitivity + specificity - 1
    said_yes, said_no = (sensitivity - 1) / skill, sensitivity / skill
    columns = [
        sum(
            share * said_yes**chosen * said_no ** (k - chosen)
            for chosen, share in _chosen(yes, scored, k)
        )
        for yes, scored in places
    ]
    return np.stack([np.broadcast_to(column, skill.shape) for column in columns], axis=1)


def _chosen(yes: int, scored: int, k: int) -> list[tuple[int, float]]:
    """How many yes are among k of the generations, with the share of choices of k that have it."""
    return [
        (i, math.comb(yes, i) * math.comb(scored - yes, k - i) / math.comb(scored, k))
        for i in range(max(0, k - (scored - yes)), min(yes, k) + 1)
    ]
