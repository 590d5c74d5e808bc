"""Loss by domain on held-out rows, every so often, and at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from auroram.model.choices import Precision
from auroram.tokens.packing import Batch
from auroram.train.data import MicroBatch, piece
from auroram.train.forward import batch_nats
from auroram.train.passes import WHOLE, Passes
from auroram.train.ranks.distributed import ALONE, Ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLoss:
    """Loss on the validation rows of one domain."""

    nats: float
    """Sum over the targets."""
    targets: int

    @property
    def loss(self) -> float:
        """Nats a target."""
        return self.nats / self.targets


@torch.no_grad()
def validation_losses(
    model: PreTrainedModel,
    batches: Mapping[str, Sequence[Batch]],
    *,
    precision: Precision,
    passes: Passes = WHOLE,
    ranks: Ranks = ALONE,
) -> dict[str, DomainLoss]:
    """Loss by domain; a domain without a target is left out. All data ranks measure all rows."""

    def nats_of(part: MicroBatch) -> Tensor:
        return batch_nats(model, part.batch, precision=precision)

    def measured(batch: Batch) -> float:
        own = piece(batch, ranks.context_rank, ranks.context_ranks)
        return ranks.sum_of_rows(passes.measure(MicroBatch(batch=own, domains=()), nats_of))

    return {
        domain: DomainLoss(
            nats=sum(map(measured, parts)), targets=sum(part.targets for part in parts)
        )
        for domain, parts in batches.items()
        if any(part.targets for part in parts)
    }
