"""How far predictions moved, against the definition."""

import pytest
import torch
from torch.nn.functional import kl_div, log_softmax

from auroram.model.divergence import divergences
from auroram.model.folder import load_model

ROWS = [[1, 40, 41, 42, 43], [1, 90], [1, 7, 8, 9]] * 4


@pytest.fixture(scope="module")
def models(tiny_model):
    base, moved = load_model(tiny_model), load_model(tiny_model)
    torch.manual_seed(3)
    with torch.no_grad():
        for weight in moved.parameters():
            weight.add_(0.03 * torch.randn_like(weight))
    return base, moved


def test_a_model_has_not_moved_from_itself(models):
    assert divergences(models[0], models[0], ROWS, precision="float32") == [0.0] * len(ROWS)


def test_it_is_the_mean_over_tokens_whatever_else_is_in_the_batch(models):
    found = divergences(*models, ROWS, precision="float32")
    for row, value in zip(ROWS, found, strict=True):
        log_p, log_q = (
            log_softmax(model(torch.tensor([row])).logits[0, :-1], -1).detach() for model in models
        )
        expected = kl_div(log_q, log_p, log_target=True, reduction="none").sum(-1).mean()
        assert value == pytest.approx(float(expected), rel=1e-4)
        assert value > 0
