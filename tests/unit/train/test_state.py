"""A checkpoint of other weights than those that train is refused in a sentence."""

import pytest
import torch

from auroram.errors import DataError
from auroram.train.checkpoint import Checkpoint
from auroram.train.parts import Checkpoints
from auroram.train.state import State


def state_of(**shapes) -> State:
    weights = {name: torch.nn.Parameter(torch.ones(shape)) for name, shape in shapes.items()}
    return State(weights=weights, optimizer=torch.optim.AdamW(weights.values()))


def saved(state) -> Checkpoint:
    return state.checkpoint(Checkpoints(), {})


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"head": (3, 2)}, "another model (head of shape [2, 2]"),
        ({"head": (2, 2), "norm": 2}, "another model (norm of shape [2]"),
        ({}, "another model (head of shape [2, 2]"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(other, said):
    with pytest.raises(DataError) as refused:
        state_of(head=(2, 2)).restore(saved(state_of(**other)) if other else empty())
    assert said in str(refused.value) and "remove the stage's .checkpoints" in str(refused.value)


def empty() -> Checkpoint:
    return Checkpoint(step=3, tensors={}, log_bytes={})


def test_what_was_saved_comes_back():
    one, other = state_of(head=(2, 2)), state_of(head=(2, 2))
    with torch.no_grad():
        one.weights["head"].mul_(3)
    other.restore(saved(one))
    assert torch.equal(other.weights["head"], one.weights["head"])
