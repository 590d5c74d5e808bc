"""Layers that are computed again for their gradient: the same numbers in less memory."""

import numpy as np
import pytest
import torch
from torch.profiler import profile

from auroram.model.attention import set_attention
from auroram.model.folder import load_model
from auroram.tokens.packing import Batch
from auroram.train.forward import batch_nats
from auroram.train.low_rank import attach
from auroram.train.parts import LowRank
from auroram.train.ranks.parallelize import decoder_layers
from auroram.train.recompute import recompute_layers
from auroram.train.thin import hasten


def outcome(folder, *, recompute, thin):
    """Loss, gradients, and the bytes that the forward pass leaves behind for them."""
    model = load_model(folder)
    set_attention(model, "blocked")
    weights = dict(model.named_parameters())
    if recompute:
        recompute_layers(decoder_layers(model))
    if thin:
        rates = attach(LowRank(rank=2), model, weights, seed=1)
        weights = {name: p for name, p in model.named_parameters() if name in rates}
        hasten(model, "bfloat16")
    ids = np.arange(1024).reshape(2, 512) % 250
    documents = np.repeat([[0, 1]], 256, axis=1).repeat(2, 0)
    places = np.tile(np.arange(256), (2, 2))
    batch = Batch(tokens_BT=ids, targets_BT=ids, position_ids_BT=places, document_ids_BT=documents)
    with profile(profile_memory=True) as seen:
        nats = batch_nats(model, batch, precision="bfloat16")
    held = sum(event.self_cpu_memory_usage for event in seen.key_averages())
    nats.backward()
    return nats.item(), {name: weight.grad for name, weight in weights.items()}, held


@pytest.mark.parametrize("thin", [False, True])
def test_loss_and_gradients_are_the_same_bits_and_less_is_kept(tiny_model, thin):
    torch.set_num_threads(1)
    loss, gradients, held = outcome(tiny_model, recompute=False, thin=thin)
    again, gradients_again, held_again = outcome(tiny_model, recompute=True, thin=thin)
    assert again == loss
    assert all(torch.equal(gradients[name], gradients_again[name]) for name in gradients)
    assert held_again < 0.5 * held
