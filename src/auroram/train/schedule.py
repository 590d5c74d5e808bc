"""The learning rate as a pure function of the step: no state, so nothing to save or to resume.

A stage may go on from the rate at which an earlier one ended: with `peak = "previous"` its peak is
the last rate of the stage whose model it trains further, so that CAP may end on its plateau (or at
the constant of an infinite schedule) and CAT begins there, whatever CAP's figures were. A recipe is
refused whose stage would go on from next to nothing, after a decay: it has to warm up again.
"""

import math
from dataclasses import replace
from typing import Annotated, Literal

from annotated_types import Gt, Le
from pydantic import Field

from auroram.settings import PositiveFloat, Share, settings

PREVIOUS: Literal["previous"] = "previous"
"""As a peak: the last learning rate of the stage whose model is trained further."""

Peak = PositiveFloat | Literal["previous"]

FractionOfPeak = Annotated[float, Gt(0), Le(1)]


@settings
class WarmupStableDecay:
    """Linear warm-up, a plateau, then a decay; leave out what a stage does not need.

    Two stages make one schedule: the first with `decay = 0` ends on the plateau, the second with
    `warmup = 0` and the same peak decays from there. A warm-up in a later stage is a re-warm-up.

    Source: Hu et al. 2024 (MiniCPM), arXiv:2404.06395; the shape of the decay is one minus the
    square root of the share of the decay that is over: Hägele et al. 2024, arXiv:2405.18392.
    """

    kind: Literal["warmup-stable-decay"] = "warmup-stable-decay"
    peak: Peak = 3e-4
    """Learning rate of the plateau; `previous` for the last rate of the stage before."""
    warmup: Share = 0.05
    """Share of the steps over which the rate rises."""
    start: Share = 0.0
    """Rate that the warm-up rises from, as a share of the peak."""
    decay: Share = 0.0
    """Share of the steps, the last ones, over which the rate falls."""
    final: Share = 0.0
    """Rate that the decay ends at, as a share of the peak."""
    shape: Literal["linear", "one-minus-root"] = "one-minus-root"
    """How the rate falls."""

    def __post_init__(self) -> None:
        if self.warmup + self.decay > 1:
            raise ValueError(
                f"warmup ({self.warmup}) and decay ({self.decay}) take more than the whole stage; "
                "lower one of them"
            )

    def at(self, step: int, steps: int) -> float:
        """Learning rate of `step`, counted from 0, in a stage of `steps`."""
        warmup_steps, decay_steps = round(self.warmup * steps), round(self.decay * steps)
        rising = _risen(self.start, (step + 1) / warmup_steps) if warmup_steps else 1.0
        over = 1 - (steps - step) / decay_steps if decay_steps else 0.0
        return _rate(self.peak) * min(1.0, rising, self._falling(max(0.0, over)))

    def _falling(self, over: float) -> float:
        left = 1 - over if self.shape == "linear" else 1 - math.sqrt(over)
        return self.final + (1 - self.final) * left


@settings
class Cosine:
    """Linear warm-up, then half a cosine; in a later stage, a re-warm-up and a re-decay.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983; re-warming and re-decaying for continual
    pretraining: Ibrahim et al. 2024, arXiv:2403.08763, section 4.1.
    """

    kind: Literal["cosine"] = "cosine"
    peak: Peak = 3e-4
    """Highest learning rate, reached at the end of the warm-up; `previous` for the last rate of
    the stage before."""
    warmup: Share = 0.05
    """Share of the steps over which the rate rises."""
    start: Share = 0.0
    """Rate that the warm-up rises from, as a share of the peak."""
    final: Share = 0.1
    """Rate at the end, as a share of the peak."""

    def at(self, step: int, steps: int) -> float:
        """Learning rate of `step`, counted from 0, in a stage of `steps`."""
        warmup_steps = round(self.warmup * steps)
        if step < warmup_steps:
            return _rate(self.peak) * _risen(self.start, (step + 1) / warmup_steps)
        over = (step - warmup_steps) / max(1, steps - warmup_steps)
        left = (1 + math.cos(math.pi * over)) / 2
        return _rate(self.peak) * (self.final + (1 - self.final) * left)


@settings
class Infinite:
    """Linear warm-up, a cooldown to a constant, the constant, and an annealing at the very end.

    The constant does not depend on where training will end: leave out the annealing (`anneal = 0`)
    in a stage that others follow, and let those go on with `peak = "previous"`, `warmup = 0`,
    `cooldown = 0` and `constant = 1`, the last of them with an annealing.

    Source: Ibrahim et al. 2024, arXiv:2403.08763, section 7.4; half a cosine is the cooldown,
    and the annealing is exponential.
    """

    kind: Literal["infinite"] = "infinite"
    peak: Peak = 3e-4
    """Highest learning rate, reached at the end of the warm-up; `previous` for the last rate of
    the stage before."""
    warmup: Share = 0.01
    """Share of the steps over which the rate rises."""
    start: Share = 0.0
    """Rate that the warm-up rises from, as a share of the peak."""
    cooldown: Share = 0.5
    """Share of the steps, after the warm-up, over which the rate falls to the constant."""
    constant: FractionOfPeak = 0.5
    """Rate of the constant part, as a share of the peak."""
    anneal: Share = 0.0
    """Share of the steps, the last ones, over which the rate falls from the constant."""
    final: FractionOfPeak = 0.1
    """Rate that the annealing ends at, as a share of the peak."""

    def __post_init__(self) -> None:
        if (taken := self.warmup + self.cooldown + self.anneal) > 1:
            raise ValueError(
                f"warmup ({self.warmup}), cooldown ({self.cooldown}) and anneal ({self.anneal}) "
                f"take more than the whole stage ({taken:g}); lower one of them"
            )
        if self.anneal and self.final > self.constant:
            raise ValueError(
                f"final ({self.final}) is above constant ({self.constant}), but the annealing "
                "lowers the rate; lower final"
            )

    def at(self, step: int, steps: int) -> float:
        """Learning rate of `step`, counted from 0, in a stage of `steps`."""
        warmup_steps, anneal_steps = round(self.warmup * steps), round(self.anneal * steps)
        if step < warmup_steps:
            return _rate(self.peak) * _risen(self.start, (step + 1) / warmup_steps)
        if step >= steps - anneal_steps:
            over = 1 - (steps - 1 - step) / anneal_steps
            fallen = math.exp(over * math.log(self.final / self.constant))
            return _rate(self.peak) * self.constant * fallen
        over = min(1.0, (step - warmup_steps) / max(1, round(self.cooldown * steps)))
        left = (1 + math.cos(math.pi * over)) / 2 if self.cooldown else 0.0
        return _rate(self.peak) * (self.constant + (1 - self.constant) * left)


AnySchedule = Annotated[WarmupStableDecay | Cosine | Infinite, Field(discriminator="kind")]
"""The schedules that a recipe can name by `kind`."""


def continued(schedule: AnySchedule, last_rate: float) -> AnySchedule:
    """The schedule with its peak at the rate where the stage before ended, if it asks for that."""
    return replace(schedule, peak=last_rate) if schedule.peak == PREVIOUS else schedule


def _rate(peak: Peak) -> float:
    if isinstance(peak, str):
        raise ValueError("peak is 'previous': the rate follows from the stage before alone")
    return peak


def _risen(start: float, share: float) -> float:
    return start + (1 - start) * share
