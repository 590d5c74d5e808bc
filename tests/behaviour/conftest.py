"""A training stage small enough to run dozens of times."""

import pytest

from auroram.records.mixture import Mixture, Phase
from auroram.train.checkpoint import Checkpoints
from auroram.train.stage import Train
from auroram.train.validation import Validation


@pytest.fixture
def tiny_training():
    """Settings of a training stage of 8 steps, with changes."""

    def make(**changes) -> Train:
        mixture = Mixture(
            phases=(Phase(weights={"fi": 1, "vi": 1}),), replay=0.25, replay_weights={"en": 1}
        )
        options = {
            "model": "base",
            "tokens": "tokens",
            "budget_tokens": 4096,
            "sequence_tokens": 128,
            "batch_tokens": 512,
            "micro_batch_tokens": 256,
            "mixture": mixture,
            "validation": Validation(every_tokens=1536, rows=2),
            "checkpoints": Checkpoints(every_steps=2),
        }
        return Train(**(options | changes))

    return make
