"""One optimizer moves matrices of layers by Muon and everything else by AdamW."""

import copy

import pytest
import torch

from auroram.train.optimizer import Group, optimizer_of
from auroram.train.optimizer_settings import Muon

SETTINGS = Muon(momentum=0.9, betas=(0.8, 0.9), weight_decay=0.1)


def weights():
    torch.manual_seed(0)
    return [torch.nn.Parameter(torch.randn(shape)) for shape in ((16, 48), (48, 16), (8, 4), (5,))]


def moved(optimizer, parameters, steps=range(5)):
    for step in steps:
        for weight in parameters:
            generator = torch.Generator().manual_seed(step)
            weight.grad = torch.randn(weight.shape, generator=generator) * 10.0 ** (step - 2)
        for group in optimizer.param_groups:
            group["lr"] = 0.05
        optimizer.step()
    return [weight.detach().clone() for weight in parameters]


def ours(parameters):
    *layers, embedding, vector = parameters
    return optimizer_of(SETTINGS, [Group([*layers, vector]), Group([embedding], embeds=True)])


@pytest.fixture
def theirs():
    *layers, embedding, vector = weights()
    muon = torch.optim.Muon(layers, weight_decay=0.1, momentum=0.9, adjust_lr_fn="match_rms_adamw")
    vectors = {"params": [vector], "weight_decay": 0.0}
    others = torch.optim.AdamW(
        [{"params": [embedding]}, vectors], weight_decay=0.1, betas=(0.8, 0.9)
    )
    moved(muon, layers)
    moved(others, [embedding, vector])
    return [*layers, embedding, vector]


def test_matrices_embeddings_and_vectors_move_as_by_their_own_optimizer(theirs):
    parameters = weights()
    torch.testing.assert_close(moved(ours(parameters), parameters), [w.detach() for w in theirs])


def test_a_state_that_was_saved_goes_on_as_if_nothing_was():
    parameters = weights()
    optimizer = ours(parameters)
    moved(optimizer, parameters, range(3))
    saved = copy.deepcopy(optimizer.state_dict())
    again = [torch.nn.Parameter(weight.detach().clone()) for weight in parameters]
    other = ours(again)
    other.load_state_dict(saved)
    assert moved(other, again, range(3, 5))[0].equal(moved(optimizer, parameters, range(3, 5))[0])
    assert len(other.state) == len(parameters)
