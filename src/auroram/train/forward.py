"""What the model makes of packed rows, up to its output head.

Shape letters: B rows, T positions, D hidden size.
"""

import torch
from torch import Tensor
from transformers import PreTrainedModel

from auroram.model.attention import document_mask
from auroram.model.precision import Precision, autocast
from auroram.tokens.packing import Batch
from auroram.train.loss import Teaching, token_loss


def hidden_states(model: PreTrainedModel, batch: Batch, *, precision: Precision) -> Tensor:
    """What the model hands to its head: (B, T, D)."""
    with autocast(precision):
        hidden_BTD: Tensor = model.base_model(
            input_ids=torch.from_numpy(batch.tokens_BT),
            position_ids=torch.from_numpy(batch.position_ids_BT),
            attention_mask=document_mask(torch.from_numpy(batch.document_ids_BT)),
            use_cache=False,
        ).last_hidden_state
    return hidden_BTD


def batch_nats(
    model: PreTrainedModel,
    batch: Batch,
    *,
    precision: Precision,
    teaching: Teaching | None = None,
) -> Tensor:
    """Sum of the cross-entropies over the targets of a packed batch."""
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    hidden_BTD = hidden_states(model, batch, precision=precision)
    with autocast(precision):
        return token_loss(hidden_BTD, head.weight, torch.from_numpy(batch.targets_BT), teaching)
