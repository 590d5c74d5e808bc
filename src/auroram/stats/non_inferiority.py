"""Whether a model is no worse than its base by more than a margin that was stated beforehand.

A difference that is not significant says nothing: with few items nothing is significant. So the
question is turned round: the claim "worse by the margin or more" must be refuted.

Sources: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15(6); FDA 2016,
Non-Inferiority Clinical Trials: the 95 % interval must lie wholly below the margin,
a one-sided test at 2.5 %.
"""

from dataclasses import dataclass
from typing import Literal

from auroram.stats.clustered import Estimate
from auroram.stats.power import detectable_effect
from auroram.stats.student import two_sided_p

Verdict = Literal["non-inferior", "inferior", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NonInferiority:
    """The outcome of the test."""

    verdict: Verdict
    """`inferior` where the whole interval lies above the margin: worse by more than it."""
    p: float
    """One-sided p value of a true loss at the margin or above it."""
    loss: Estimate
    margin: float
    detectable: float
    """Smallest true loss that a test of equality would have found 80 % of the time."""


def non_inferiority(loss: Estimate, margin: float) -> NonInferiority:
    """Hold a loss against its margin.

    Args:
        loss: how much worse than the base, above 0 is worse, paired over the same items.
        margin: the greatest loss that is acceptable, in the same unit, stated beforehand.

    Raises:
        ValueError: where the margin is not above 0.
    """
    if not margin > 0:
        raise ValueError(f"a margin must be above 0 ({margin} given): no sample shows a loss of 0")
    interval = loss.interval()
    verdict: Verdict = "inconclusive"
    if interval.high < margin:
        verdict = "non-inferior"
    elif interval.low > margin:
        verdict = "inferior"
    return NonInferiority(
        verdict=verdict,
        p=_one_sided_p(loss, margin),
        loss=loss,
        margin=margin,
        detectable=detectable_effect(loss.error),
    )


def _one_sided_p(loss: Estimate, margin: float) -> float:
    distance = margin - loss.middle
    if loss.error == 0:
        return float(distance <= 0)
    half = two_sided_p(distance / loss.error, loss.degrees) / 2
    return half if distance > 0 else 1 - half
