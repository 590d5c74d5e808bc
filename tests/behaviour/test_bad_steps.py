"""A bad step is written down with its samples, and handled as the recipe says."""

import json

import pytest
import torch
from safetensors.torch import load_file

from auroram.errors import RunError
from auroram.records.mixture import Mixture, Phase
from auroram.train.parts import Checkpoints, Spikes, Validation
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run

JUMP = Mixture(
    phases=(Phase(weights={"fi": 1}), Phase(start=0.75, weights={"vi": 1})),
    replay=0.0,
    highest_epochs=9,
)
"""Another language from step 7 on, whose loss stands out."""
STEEP = {
    "mixture": JUMP,
    "schedule": WarmupStableDecay(peak=1e-2),
    "spikes": Spikes(loss=1.3, gradient_norm=1e9, window=2),
}
BROKEN = {
    "schedule": WarmupStableDecay(peak=1e30, warmup=0),
    "validation": Validation(every_tokens=10**6),
}
"""The first step throws the weights away; every later loss is no number."""


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def weights(folder):
    return load_file(folder / "model" / "model.safetensors")


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_stage_without_a_bad_step_leaves_no_events(tmp_path, training_inputs, tiny_training):
    run(tiny_training(budget_tokens=1024), training_inputs(), tmp_path)
    assert not (tmp_path / "events.jsonl").exists()


def test_a_spike_is_written_down_with_domain_row_and_documents(
    tmp_path, training_inputs, tiny_training
):
    outcome = run(tiny_training(**STEEP, on_bad_loss="skip"), training_inputs(), tmp_path)
    first = lines(tmp_path / "events.jsonl")[0]
    assert (first["step"], first["fault"], first["done"]) == (7, "spike of the loss", "skip")
    assert [one["sample"] for one in first["samples"]] == [24, 25, 26, 27]
    assert all(one["domain"] == "vi" and one["documents"] for one in first["samples"])
    assert "left out 2 steps with a bad loss" in outcome.notices[-1]


def test_a_skipped_step_moves_neither_weights_nor_moments(tmp_path, training_inputs, tiny_training):
    run(tiny_training(**STEEP, on_bad_loss="skip"), training_inputs(), tmp_path / "skipped")
    assert [one["step"] for one in lines(tmp_path / "skipped" / "events.jsonl")] == [7, 8]
    steps = {"schedule": WarmupStableDecay(peak=1e-2, warmup=0.05 * 8 / 6), "budget_tokens": 3072}
    only_finnish = Mixture(phases=(Phase(weights={"fi": 1}),), replay=0.0, highest_epochs=9)
    shorter = tiny_training(**steps, mixture=only_finnish)
    run(shorter, training_inputs(), tmp_path / "shorter")
    assert same(weights(tmp_path / "skipped"), weights(tmp_path / "shorter"))


def test_rolled_back_steps_are_trained_again_and_logged_once(
    tmp_path, training_inputs, tiny_training
):
    run(tiny_training(**STEEP, on_bad_loss="skip"), training_inputs(), tmp_path / "skip")
    settings = tiny_training(
        **STEEP, on_bad_loss="roll-back", checkpoints=Checkpoints(every_steps=5)
    )
    run(settings, training_inputs(), tmp_path / "back")
    assert same(weights(tmp_path / "skip"), weights(tmp_path / "back"))
    for name in ("training", "validation"):
        logs = [lines(tmp_path / place / f"{name}.jsonl") for place in ("skip", "back")]
        assert logs[0] == logs[1]


def test_a_roll_back_before_the_first_checkpoint_goes_back_to_the_beginning(
    tmp_path, training_inputs, tiny_training
):
    never = Checkpoints(every_steps=100)
    settings = tiny_training(**STEEP, on_bad_loss="roll-back", checkpoints=never)
    run(settings, training_inputs(), tmp_path)
    assert [one["step"] for one in lines(tmp_path / "training.jsonl")] == [1, 2, 3, 4, 5, 6]


def test_a_loss_that_is_no_number_is_written_down_before_the_stage_stops(
    tmp_path, training_inputs, tiny_training
):
    with pytest.raises(RunError, match=r"at step 2 .*\(not a number; sample 4: "):
        run(tiny_training(**BROKEN), training_inputs(), tmp_path)
    (event,) = lines(tmp_path / "events.jsonl")
    assert (event["step"], event["done"], event["gradient_norm"]) == (2, "stop", None)


@pytest.mark.parametrize("handling", ["skip", "roll-back"])
def test_too_many_bad_steps_stop_the_stage(tmp_path, training_inputs, tiny_training, handling):
    settings = tiny_training(**BROKEN, on_bad_loss=handling, most_bad_steps=3)
    with pytest.raises(RunError, match=r"at step 5 .*after 3 other bad steps \(most_bad_steps\)"):
        run(settings, training_inputs(), tmp_path)
    assert len(lines(tmp_path / "events.jsonl")) == 4
