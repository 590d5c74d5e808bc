"""Our Muon moves matrices as torch's does, and what is no matrix of a layer as AdamW does."""

import pytest
import torch

from auroram.train.muon import Orthogonal, orthogonal
from auroram.train.optimizer import Group, Muon

SHAPES = [(16, 48), (48, 16), (16, 48), (24, 24)]
MOMENTUM, BETAS, EPSILON = 0.9, (0.8, 0.9), 1e-8


def moved(optimizer_of, shapes):
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    optimizer = optimizer_of(weights)
    for step in range(5):
        for weight in weights:
            weight.grad = torch.randn_like(weight) * 10.0 ** (step - 2)
        optimizer.step()
    return [weight.detach() for weight in weights]


def ours(matrices):
    def made(weights):
        group = {"params": weights, "lr": 0.05, "weight_decay": 0.1, "matrices": matrices}
        return Orthogonal([group], momentum=MOMENTUM, betas=BETAS, epsilon=EPSILON)

    return made


def test_matrices_move_as_by_torch():
    def theirs(weights):
        return torch.optim.Muon(
            weights, lr=0.05, weight_decay=0.1, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw"
        )

    # torch multiplies in bfloat16.
    torch.testing.assert_close(moved(ours(True), SHAPES), moved(theirs, SHAPES), atol=0.02, rtol=0)


def test_what_is_no_matrix_of_a_layer_moves_as_by_adamw():
    def theirs(weights):
        return torch.optim.AdamW(weights, lr=0.05, weight_decay=0.1, betas=BETAS, eps=EPSILON)

    shapes = [(6, 4), (5,)]
    torch.testing.assert_close(moved(ours(False), shapes), moved(theirs, shapes))


def test_singular_values_are_drawn_to_one():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(3, 16, 40)))
    assert values.min() > 0.6 and values.max() < 1.3


def test_a_matrix_without_a_gradient_to_follow_stays():
    assert not orthogonal(torch.zeros(1, 4, 8)).any()


@pytest.mark.parametrize(
    ("embeds", "moment"), [(False, {"momentum"}), (True, {"exp_avg", "exp_avg_sq", "step"})]
)
def test_embeddings_are_no_matrices_of_a_layer(embeds, moment):
    weight = torch.nn.Parameter(torch.randn(8, 4))
    weight.grad = torch.randn_like(weight)
    optimizer = Muon().build([Group([weight], embeds=embeds)])
    optimizer.step()
    assert optimizer.state[weight].keys() == moment
