"""What the model makes of packed rows, up to its output head.

Shape letters: B rows, T positions, D hidden size.
"""

from functools import partial

import torch
from torch import Tensor
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel

from auroram.model.attention import document_mask
from auroram.model.logits import rescaling_of
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
    heard_BT: Tensor | None = None,
) -> Tensor:
    """Sum of the cross-entropies over the targets of a packed batch.

    Where `heard_BT` is given, the nats of each target are written into it.
    """
    # A model that is shared out among ranks is whole only within its own forward pass.
    nats_of = model if isinstance(model, FSDPModule) else partial(whole_nats, model)
    nats: Tensor = nats_of(batch, precision=precision, teaching=teaching, heard_BT=heard_BT)
    return nats


def whole_nats(
    model: PreTrainedModel,
    batch: Batch,
    *,
    precision: Precision,
    teaching: Teaching | None = None,
    heard_BT: Tensor | None = None,
) -> Tensor:
    """The same, of a model whose embeddings, last norm and head are whole on this rank."""
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    hidden_BTD = hidden_states(model, batch, precision=precision)
    with autocast(precision):
        return token_loss(
            hidden_BTD,
            head.weight,
            torch.from_numpy(batch.targets_BT),
            teaching,
            rescaling_of(model),
            heard_BT=heard_BT,
            weights_BT=None if batch.weights_BT is None else torch.from_numpy(batch.weights_BT),
        )
