"""The loss with its head: equal to the plain one, whatever the chunks and the mask."""

import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

from auroram.model.logits import Rescaling
from auroram.tokens.packing import IGNORED
from auroram.train import loss as module
from auroram.train.loss import Teaching, token_loss


@pytest.fixture
def example():
    torch.manual_seed(0)
    hidden_BTD = torch.randn(3, 700, 8, requires_grad=True)
    head_VD = torch.randn(50, 8, requires_grad=True)
    targets_BT = torch.randint(0, 50, (3, 700))
    targets_BT[:, ::3] = IGNORED
    return hidden_BTD, head_VD, targets_BT


def with_gradients(nats, *tensors):
    return [nats.detach(), *torch.autograd.grad(nats * 0.5, tensors)]


@pytest.mark.parametrize("entries", [50, module.ENTRIES + 50])
def test_loss_and_gradients_are_those_of_whole_logits(example, entries):
    hidden_BTD, _, targets_BT = example
    head_VD = torch.randn(entries, 8, requires_grad=True)
    assert (targets_BT != IGNORED).sum() > module.CHUNK
    plain = cross_entropy(
        (hidden_BTD @ head_VD.T).flatten(0, 1),
        targets_BT.flatten(),
        ignore_index=IGNORED,
        reduction="sum",
    )
    nats = token_loss(hidden_BTD, head_VD, targets_BT)
    ours = with_gradients(nats, hidden_BTD, head_VD)
    for one, other in zip(ours, with_gradients(plain, hidden_BTD, head_VD), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_large_logits_do_not_overflow(example):
    hidden_BTD, head_VD, targets_BT = example
    assert torch.isfinite(token_loss(hidden_BTD * 1e4, head_VD, targets_BT))


def test_no_target_is_no_loss(example):
    hidden_BTD, head_VD, targets_BT = example
    nats = token_loss(hidden_BTD, head_VD, torch.full_like(targets_BT, IGNORED))
    assert all(part.eq(0).all() for part in with_gradients(nats, hidden_BTD, head_VD))


def test_weights_scale_the_gradient_of_their_targets_and_not_the_value(example):
    hidden_BTD, head_VD, targets_BT = example
    weights_BT = torch.rand(targets_BT.shape) + 0.5
    nats = cross_entropy((hidden_BTD @ head_VD.T).mT, targets_BT, reduction="none")
    expected = torch.autograd.grad((nats * weights_BT).sum() * 0.5, (hidden_BTD, head_VD))
    value, *ours = with_gradients(token_loss(*example, weights_BT=weights_BT), hidden_BTD, head_VD)
    assert value == token_loss(*example)
    for one, other in zip(ours, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_frozen_head_gets_no_gradient(example):
    hidden_BTD, head_VD, targets_BT = example
    token_loss(hidden_BTD, head_VD.detach(), targets_BT).backward()
    assert head_VD.grad is None and hidden_BTD.grad.abs().sum() > 0


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_where_another_model_teaches_its_probabilities_are_the_target(example, share):
    hidden_BTD, head_VD, targets_BT = example
    other_BTD, other_VD = torch.randn_like(hidden_BTD), torch.randn(50, 8)
    places_BT = torch.full((3, 700), -1)
    places_BT[1] = torch.arange(700)
    teaching = Teaching(
        hidden_RD=other_BTD[1], head_VD=other_VD, places_P=places_BT.flatten(), share=share
    )
    wanted_BTV = one_hot(targets_BT.clamp_min(0), 50).float()
    expected_TV = (other_BTD[1] @ other_VD.T).softmax(-1)
    wanted_BTV[1] = torch.lerp(wanted_BTV[1], expected_TV, share)
    plain = -((hidden_BTD @ head_VD.T).log_softmax(-1) * wanted_BTV).sum(-1)
    plain = (plain * (targets_BT != IGNORED)).sum()
    ours = token_loss(hidden_BTD, head_VD, targets_BT, teaching)
    gradients = with_gradients(ours, hidden_BTD, head_VD)[1:]
    for one, other in zip(gradients, with_gradients(plain, hidden_BTD, head_VD)[1:], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    assert ours == token_loss(hidden_BTD, head_VD, targets_BT)


RESCALINGS = [Rescaling(cap=2.0), Rescaling(scale=0.25), Rescaling(scale=3.0, cap=1.5)]


@pytest.mark.parametrize("rescaling", RESCALINGS)
def test_capped_and_scaled_logits_have_the_gradient_of_what_they_are(example, rescaling):
    hidden_BTD, head_VD, targets_BT = example
    logits_BTV = rescaling.apply(hidden_BTD @ head_VD.T)
    plain = cross_entropy(
        logits_BTV.flatten(0, 1), targets_BT.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    ours = with_gradients(token_loss(*example, rescaling=rescaling), hidden_BTD, head_VD)
    for one, other in zip(ours, with_gradients(plain, hidden_BTD, head_VD), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_teacher_whose_logits_are_capped_is_believed_as_it_means_them(example):
    hidden_BTD, head_VD, _ = example
    cap = Rescaling(cap=2.0)
    teaching = Teaching(
        hidden_RD=hidden_BTD.detach().flatten(0, 1),
        head_VD=head_VD.detach(),
        places_P=torch.arange(3 * 700),
        share=1.0,
        rescaling=cap,
    )
    nats = token_loss(*example, teaching, cap)
    gradients = torch.autograd.grad(nats, (hidden_BTD, head_VD))
    assert all(gradient.abs().max() < 1e-3 for gradient in gradients)


def test_autocast_computes_logits_in_bfloat16(example):
    hidden_BTD, head_VD, targets_BT = example
    exact = token_loss(hidden_BTD, head_VD, targets_BT)
    with torch.autocast("cpu", torch.bfloat16):
        rough = token_loss(hidden_BTD, head_VD, targets_BT)
    assert 0 < abs(rough - exact) / exact < 0.01


def test_unlike_shapes_are_both_named(example):
    hidden_BTD, head_VD, targets_BT = example
    with pytest.raises(ValueError, match=r"\(3, 700, 8\).*\(3, 699\)"):
        token_loss(hidden_BTD, head_VD, targets_BT[:, 1:])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_a_gpu_takes_the_same_loss_in_larger_pieces(example, monkeypatch, compiled):
    monkeypatch.setattr(module, "LOGITS_OF_GPU", 50 * 600)
    hidden_BTD, head_VD, targets_BT = example
    here = with_gradients(token_loss(*example), hidden_BTD, head_VD)
    moved = [one.detach().cuda().requires_grad_() for one in (hidden_BTD, head_VD)]
    there = with_gradients(token_loss(*moved, targets_BT, compiled=compiled), *moved)
    for one, other in zip(here, there, strict=True):
        torch.testing.assert_close(one, other.cpu(), rtol=1e-4, atol=1e-4)
