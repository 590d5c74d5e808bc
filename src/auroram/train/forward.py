"""What the model makes of packed rows, up to its output head.

Shape letters: B rows, T positions, D hidden size.
"""

from functools import partial

import torch
from torch import Tensor
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel

from auroram.model.attention import document_mask
from auroram.model.choices import Precision
from auroram.model.decoder import decoder_of
from auroram.model.logits import rescaling_of
from auroram.model.precision import autocast
from auroram.tokens.packing import Batch
from auroram.train.loss import Teaching, token_loss


def hidden_states(model: PreTrainedModel, batch: Batch, *, precision: Precision) -> Tensor:
    """What the model hands to its head: (B, T, D)."""
    device = model.device
    with autocast(precision, device.type):
        hidden_BTD: Tensor = decoder_of(model)(
            input_ids=torch.from_numpy(batch.tokens_BT).to(device),
            position_ids=torch.from_numpy(batch.position_ids_BT).to(device),
            attention_mask=document_mask(torch.from_numpy(batch.document_ids_BT).to(device)),
            use_cache=False,
        ).last_hidden_state
    return hidden_BTD


def batch_nats(  # noqa: PLR0913 -- the last three have defaults
    model: PreTrainedModel,
    batch: Batch,
    *,
    precision: Precision,
    teaching: Teaching | None = None,
    heard_BT: Tensor | None = None,
    compiled: bool = False,
) -> Tensor:
    """Sum of the cross-entropies over the targets of a packed batch.

    Where `heard_BT` is given, the nats of each target are written into it. What is `compiled` says
    `token_loss`.
    """
    # A model that is shared out among ranks is whole only within its own forward pass.
    nats_of = model if isinstance(model, FSDPModule) else partial(whole_nats, model)
    nats: Tensor = nats_of(
        batch, precision=precision, teaching=teaching, heard_BT=heard_BT, compiled=compiled
    )
    return nats


def whole_nats(  # noqa: PLR0913 -- as above
    model: PreTrainedModel,
    batch: Batch,
    *,
    precision: Precision,
    teaching: Teaching | None = None,
    heard_BT: Tensor | None = None,
    compiled: bool = False,
) -> Tensor:
    """The same, of a model whose embeddings, last norm and head are whole on this rank."""
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    hidden_BTD = hidden_states(model, batch, precision=precision)
    device, weights = hidden_BTD.device, batch.weights_BT
    with autocast(precision, device.type):
        return token_loss(
            hidden_BTD,
            head.weight,
            torch.from_numpy(batch.targets_BT),
            teaching,
            rescaling_of(model),
            heard_BT=heard_BT,
            weights_BT=None if weights is None else torch.from_numpy(weights).to(device),
            compiled=compiled,
        )
