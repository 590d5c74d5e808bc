"""Our Adafactor gives torch's numbers where one rank has all of a tensor."""

import torch

from auroram.train.adafactor import Factored


def moved(optimizer_of) -> list[torch.Tensor]:
    torch.manual_seed(0)
    shapes = [(6, 4), (5,), (2, 3, 4)]
    weights = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    optimizer = optimizer_of([{"params": weights, "lr": 0.05, "weight_decay": 0.1}])
    for step in range(5):
        for weight in weights:
            weight.grad = torch.randn_like(weight) * 10.0 ** (step - 2)
        optimizer.step()
    return weights


def test_the_weights_after_five_steps_are_those_of_torch():
    torch.testing.assert_close(moved(Factored), moved(torch.optim.Adafactor))
