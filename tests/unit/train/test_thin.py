"""Thin matrices beside linear layers: computed faster than PEFT does, with the same result."""

import weakref

import pytest
import torch

from auroram.model.folder import load_model
from auroram.train.low_rank import attach, fold
from auroram.train.parts import LowRank
from auroram.train.thin import hasten


def thin_model(folder, *, faster, precision="float32"):
    model = load_model(folder)
    rates = attach(LowRank(rank=4), model, dict(model.named_parameters()), seed=1)
    weights = {name: p for name, p in model.named_parameters() if name in rates}
    torch.manual_seed(2)
    for name, weight in weights.items():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    if faster:
        hasten(model, precision)
    return model, weights


def outcome(folder, *, faster, precision="float32"):
    """Scores, and the gradient of every weight that trains."""
    model, weights = thin_model(folder, faster=faster, precision=precision)
    tokens = torch.arange(40).view(2, 20)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        scores = model(input_ids=tokens).logits
    scores.float().logsumexp(-1).sum().backward()
    return scores.detach().float(), {name: weight.grad for name, weight in weights.items()}


def test_scores_and_gradients_are_those_of_peft(tiny_model):
    scores, gradients = outcome(tiny_model, faster=True)
    expected, wanted = outcome(tiny_model, faster=False)
    torch.testing.assert_close(scores, expected, rtol=1e-5, atol=1e-5)
    assert len(gradients) == len(wanted) > 0
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-4, atol=1e-5)


def test_in_bfloat16_they_differ_from_float32_no_more_than_those_of_peft(tiny_model):
    exact, _ = outcome(tiny_model, faster=False)
    ours, _ = outcome(tiny_model, faster=True, precision="bfloat16")
    theirs, _ = outcome(tiny_model, faster=False, precision="bfloat16")
    assert (ours - exact).norm() <= 1.1 * (theirs - exact).norm()


@pytest.mark.parametrize("frozen", [True, False])
def test_what_goes_in_gets_a_gradient_only_where_something_below_trains(tiny_model, frozen):
    model, _ = thin_model(tiny_model, faster=True)
    layer = model.model.layers[0].mlp.up_proj
    states = torch.randn(3, layer.in_features, requires_grad=not frozen)
    layer(states).sum().backward()
    assert (states.grad is None) is frozen
    assert layer.get_base_layer().weight.grad is None


def test_copies_of_the_weights_go_when_the_thin_matrices_are_folded_in(tiny_model):
    model, _ = thin_model(tiny_model, faster=True, precision="bfloat16")
    held = [weakref.ref(copy) for name, copy in model.named_buffers() if "held" in name]
    fold(model)
    assert held and not any(copy() is not None for copy in held)
