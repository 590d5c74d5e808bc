"""Learning from an earlier model's probabilities on replayed rows, so that it is not forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from auroram.model.choices import Precision
from auroram.model.logits import rescaling_of
from auroram.tokens.packing import Batch
from auroram.train.forward import hidden_states
from auroram.train.loss import Teaching


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Teacher:
    """A model that does not train, and where it is listened to."""

    model: PreTrainedModel
    share: float
    domains: frozenset[str]

    @torch.no_grad()
    def teach(
        self, batch: Batch, domains: Sequence[str], *, precision: Precision
    ) -> Teaching | None:
        """What the teacher makes of the rows that it is listened to on; None without any."""
        rows = [b for b, domain in enumerate(domains) if domain in self.domains]
        if not rows:
            return None
        head = self.model.get_output_embeddings()  # type: ignore[no-untyped-call]
        hidden_RTD = hidden_states(self.model, _rows_of(batch, rows), precision=precision)
        length = hidden_RTD.shape[1]
        places_BT = torch.full((len(domains), length), -1)
        places_BT[rows] = torch.arange(len(rows) * length).view(len(rows), length)
        return Teaching(
            hidden_RD=hidden_RTD.flatten(0, 1),
            head_VD=head.weight.detach(),
            places_P=places_BT.flatten().to(hidden_RTD.device),
            share=self.share,
            rescaling=rescaling_of(self.model),
        )


def _rows_of(batch: Batch, rows: list[int]) -> Batch:
    return Batch(
        tokens_BT=batch.tokens_BT[rows],
        targets_BT=batch.targets_BT[rows],
        position_ids_BT=batch.position_ids_BT[rows],
        document_ids_BT=batch.document_ids_BT[rows],
    )
