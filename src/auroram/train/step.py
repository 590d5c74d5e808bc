"""One step of training: values in, a report out."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.optim import Optimizer

from auroram.errors import DataError
from auroram.train.data import MicroBatch
from auroram.train.distributed import ALONE, Ranks
from auroram.train.parallelize import clip_gradients

Loss = Callable[[MicroBatch], Tensor]
"""Sum over the targets of a micro-batch of what is to become smaller, in nats."""


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


def gradients(
    parameters: Collection[nn.Parameter],
    micro_batches: Sequence[MicroBatch],
    *,
    nats_of: Loss,
    highest_norm: float,
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
    nats = 0.0
    for batch in micro_batches:
        loss = nats_of(batch)
        # FSDP takes the mean of the ranks' gradients, and what is wanted is their sum.
        (loss * ranks.data_ranks / targets).backward()  # type: ignore[no-untyped-call]
        nats += loss.item()
    ranks.complete_gradients()
    norm = clip_gradients(parameters, highest_norm)
    return StepReport(loss=ranks.sum(nats) / targets, gradient_norm=norm.item(), targets=targets)


def move(optimizer: Optimizer, *, learning_rate: float) -> None:
    """Take one step along the gradients, each group at its rate, and let go of them."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["rate"]
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
