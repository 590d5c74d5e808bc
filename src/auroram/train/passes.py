"""How micro-batches go through a model: there and back to learn, or there alone to measure."""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from auroram.train.data import MicroBatch

Loss = Callable[[MicroBatch], Tensor]
"""Sum over the targets of a micro-batch of what is to become smaller, in nats."""


class Passes(Protocol):
    """What takes micro-batches through the layers, wherever these lie."""

    def learn(self, parts: Sequence[MicroBatch], nats_of: Loss, *, scale: float) -> float:
        """Add the gradient of all nats, times a scale, to those that lie there; the nats."""
        ...

    def measure(self, part: MicroBatch, nats_of: Loss) -> float:
        """The nats of a micro-batch."""
        ...


class WholePasses:
    """Each micro-batch through all layers on this rank, one after another."""

    def learn(self, parts: Sequence[MicroBatch], nats_of: Loss, *, scale: float) -> float:
        """Add the gradient of all nats, times a scale, to those that lie there; the nats."""
        losses = []
        for part in parts:
            loss = nats_of(part)
            (loss * scale).backward()  # type: ignore[no-untyped-call]
            losses.append(loss.detach())
        # Read at the end alone, so that a GPU never waits for the next micro-batch.
        return sum(loss.item() for loss in losses)

    @torch.no_grad()
    def measure(self, part: MicroBatch, nats_of: Loss) -> float:
        """The nats of a micro-batch."""
        return float(nats_of(part))


WHOLE = WholePasses()
"""Of a model that lies on this rank, or is put together on it layer by layer."""
