"""The learning rate as a pure function of the step: no state, so nothing to save or to resume."""

import math
from typing import Annotated, Literal

from pydantic import Field

from auroram.settings import PositiveFloat, Share, settings


@settings
class WarmupStableDecay:
    """Linear warm-up, a plateau, then a decay; leave out what a stage does not need.

    Two stages make one schedule: the first with `decay = 0` ends on the plateau, the second with
    `warmup = 0` and the same peak decays from there. A warm-up in a later stage is a re-warm-up.

    Source: Hu et al. 2024 (MiniCPM), arXiv:2404.06395; the shape of the decay is one minus the
    square root of the share of the decay that is over: Hägele et al. 2024, arXiv:2405.18392.
    """

    kind: Literal["warmup-stable-decay"] = "warmup-stable-decay"
    peak: PositiveFloat = 3e-4
    """Learning rate of the plateau."""
    warmup: Share = 0.05
    """Share of the steps over which the rate rises."""
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
        rising = (step + 1) / warmup_steps if warmup_steps else 1.0
        over = 1 - (steps - step) / decay_steps if decay_steps else 0.0
        return self.peak * min(1.0, rising, self._falling(max(0.0, over)))

    def _falling(self, over: float) -> float:
        left = 1 - over if self.shape == "linear" else 1 - math.sqrt(over)
        return self.final + (1 - self.final) * left


@settings
class Cosine:
    """Linear warm-up, then half a cosine.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983; re-warming for continual pretraining:
    Ibrahim et al. 2024, arXiv:2403.08763.
    """

    kind: Literal["cosine"] = "cosine"
    peak: PositiveFloat = 3e-4
    """Highest learning rate, reached at the end of the warm-up."""
    warmup: Share = 0.05
    """Share of the steps over which the rate rises."""
    final: Share = 0.1
    """Rate at the end, as a share of the peak."""

    def at(self, step: int, steps: int) -> float:
        """Learning rate of `step`, counted from 0, in a stage of `steps`."""
        warmup_steps = round(self.warmup * steps)
        if step < warmup_steps:
            return self.peak * (step + 1) / warmup_steps
        over = (step - warmup_steps) / max(1, steps - warmup_steps)
        left = (1 + math.cos(math.pi * over)) / 2
        return self.peak * (self.final + (1 - self.final) * left)


AnySchedule = Annotated[WarmupStableDecay | Cosine, Field(discriminator="kind")]
"""The schedules that a recipe can name by `kind`."""
