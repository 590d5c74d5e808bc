"""One step of training: values in, a report out."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from torch import nn
from torch.optim import Optimizer

from auroram.errors import DataError
from auroram.train.data import MicroBatch
from auroram.train.passes import WHOLE, Loss, Passes
from auroram.train.ranks.distributed import ALONE, Ranks
from auroram.train.ranks.parallelize import clip_gradients


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """What a step saw."""

    loss: float
    """Nats a target, before the step moved the weights."""
    gradient_norm: float
    """Before clipping."""
    targets: int

    @property
    def is_finite(self) -> bool:
        """Whether loss and gradient are numbers."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


def gradients(  # noqa: PLR0913 -- the last two have defaults
    parameters: Collection[nn.Parameter],
    micro_batches: Sequence[MicroBatch],
    *,
    nats_of: Loss,
    highest_norm: float,
    passes: Passes = WHOLE,
    ranks: Ranks = ALONE,
) -> StepReport:
    """Accumulate the gradient over the micro-batches and clip it.

    Every target weighs the same, in whichever micro-batch it lies: the sum of all nats is divided
    once, by the number of targets of the whole step on all ranks.

    Raises:
        DataError: where no target counts, as a mean over nothing would be nan.
    """
    targets = round(ranks.sum(sum(batch.targets for batch in micro_batches)))
    if not targets:
        raise DataError("every target of the step is masked; give it more rows or other domains")
    # FSDP takes the mean of the ranks' gradients, and what is wanted is their sum.
    nats = passes.learn(micro_batches, nats_of, scale=ranks.readers / targets)
    ranks.complete_gradients()
    norm = clip_gradients(parameters, highest_norm, ranks)
    return StepReport(loss=ranks.sum(nats) / targets, gradient_norm=norm.item(), targets=targets)


def move(optimizer: Optimizer, *, learning_rate: float) -> None:
    """Take one step along the gradients, each group at its rate, and let go of them."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["rate"]
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
