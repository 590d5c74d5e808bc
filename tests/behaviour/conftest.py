"""A training stage small enough to run dozens of times."""

import json
from dataclasses import replace

import pytest
from safetensors.torch import load_file

from auroram.records.mixture import Mixture, Phase
from auroram.train.parts import Checkpoints, Validation
from auroram.train.stage import Train, run


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


@pytest.fixture
def trained(tmp_path, training_inputs, tiny_training):
    """Losses and weights of a stage on a device."""

    def make(device, **changes):
        out = tmp_path / f"{device}-{len(list(tmp_path.iterdir()))}"
        out.mkdir()
        run(tiny_training(**changes), replace(training_inputs(), device=device), out)
        lines = (out / "training.jsonl").read_text().splitlines()
        return [json.loads(line)["loss"] for line in lines], load_file(
            out / "model" / "model.safetensors"
        )

    return make
