"""What a stage leaves in the memory of the process that runs the next one."""

import gc

import pytest
from torch import Tensor

from auroram.pipeline.runner import run_one
from auroram.train.parts import Distil, Ema, LowRank

ROWS = 2
"""Of a micro-batch of the tiny training stage."""

KINDS = {
    "whole, with averages": {"ema": Ema()},
    "computed again": {"recompute": True},
    "thin, with a teacher": {"low_rank": LowRank(rank=2), "distil": Distil()},
}


def live_tensors():
    # `isinstance` would ask each object, and some of the libraries' answer with a warning.
    return {id(one): one for one in gc.get_objects() if issubclass(type(one), Tensor)}


@pytest.fixture
def no_collection():
    """Garbage is not collected by chance, as it is when much else is made meanwhile."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS)
def test_nothing_of_a_model_outlives_a_training_stage(
    tmp_path, tiny_training, training_inputs, no_collection, changes
):
    before = live_tensors()
    run_one(tiny_training(**changes), training_inputs(), tmp_path / "cap")
    left = [tuple(one.shape) for key, one in live_tensors().items() if key not in before]
    # Attention keeps what it made of the last rows: no weight, gradient or moment has that shape.
    assert not [shape for shape in left if shape[:1] != (ROWS,)]
