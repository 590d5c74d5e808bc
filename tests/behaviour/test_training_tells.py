"""What a training stage tells of its steps, and what of it is the same in every run."""

import json
import re
import time
from dataclasses import replace

import pytest
import torch

from auroram.model.folder import load_model
from auroram.model.speed import Speed
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.status import status
from auroram.ports import Silent
from auroram.train.stage import run
from auroram.train.telemetry import Gauges, drift, flat, gradient_norms, group_of


class Remembered:
    """A tracker that keeps everything in memory."""

    def __init__(self):
        self.told, self.whole = [], None

    def log(self, step, figures):
        self.told.append((step, dict(figures)))

    def close(self, *, whole):
        self.whole = whole


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def told(tmp_path, training_inputs, tiny_training):
    tracker, inputs = Remembered(), training_inputs()
    inputs = type(inputs)(
        root=inputs.root,
        name="cap",
        seed=7,
        stages=inputs.stages,
        progress=inputs.progress,
        open_tracker=lambda _: tracker,
    )
    outcome = run(tiny_training(), inputs, tmp_path)
    return tmp_path, outcome, tracker


def test_each_step_tells_loss_by_domain_and_gradient_by_group(told):
    for step in lines(told[0] / "training.jsonl"):
        assert set(step["losses"]) <= {"en", "fi", "vi"}
        assert min(step["losses"].values()) <= step["loss"] <= max(step["losses"].values())
        assert set(step["gradient_norms"]) == {"attention", "embeddings", "feed-forward", "norms"}


def test_the_norms_of_the_groups_make_up_the_clipped_norm(told):
    for step in lines(told[0] / "training.jsonl"):
        together = sum(norm**2 for norm in step["gradient_norms"].values()) ** 0.5
        assert together == pytest.approx(min(step["gradient_norm"], 1.0), rel=1e-4)


def test_weights_start_where_the_stage_began_and_drift_away(told):
    records = lines(told[0] / "drift.jsonl")
    assert set(records[0]["drift"].values()) == {0.0}
    assert records[-1]["step"] == 8
    assert all(share > 0 for share in records[-1]["drift"].values())


def test_a_tracker_hears_every_step_and_is_closed(told):
    _, _, tracker = told
    steps = [step for step, figures in tracker.told if "loss" in figures]
    assert steps == list(range(1, 9))
    told_last = [figures for _, figures in tracker.told if "loss" in figures][-1]
    assert told_last.keys() >= {"losses/fi", "tokens_per_second", "utilisation"}
    assert not any("step" in figures for _, figures in tracker.told)
    assert tracker.whole


def test_a_tracker_knows_that_a_stage_was_stopped(tmp_path, training_inputs, tiny_training):
    class Stops(Silent):
        def advance(self, units, **figures):  # noqa: ARG002
            raise KeyboardInterrupt

    tracker = Remembered()
    inputs = replace(training_inputs(), progress=Stops(), open_tracker=lambda _: tracker)
    with pytest.raises(KeyboardInterrupt):
        run(tiny_training(), inputs, tmp_path)
    assert tracker.told and tracker.whole is False


def test_a_tracker_hears_losses_on_held_out_rows_memory_and_energy(told):
    _, _, tracker = told
    held_out = [step for step, figures in tracker.told if "held_out_losses/fi" in figures]
    assert held_out == [0, 3, 6, 8]
    last = [figures for _, figures in tracker.told if "loss" in figures][-1]
    assert last["memory_bytes"] > 1e8 and last["energy_joules"] > 0


def test_what_the_last_step_told_is_a_fact(told):
    facts = told[1].facts
    assert facts["last_step"] == lines(told[0] / "training.jsonl")[-1]
    assert facts["drift"] == lines(told[0] / "drift.jsonl")[-1]["drift"]


def test_devices_that_train_together_are_compared_with_the_peak_of_all():
    shares = []
    for devices in (1, 4):
        gauges = Gauges(
            machine=Speed(operations_per_second=1e12),
            devices=devices,
            operations_a_token=1e9,
            tokens=100,
            seconds=1.0,
        )
        shares.append(gauges.circumstances()["model_flop_utilisation"])
    assert shares == [0.1, 0.025]


def test_a_step_above_the_peak_has_the_peak_measured_again():
    slow = 1e6  # operations a second, as if something else had held the processor
    gauges = Gauges(machine=Speed(operations_per_second=slow), operations_a_token=1.0)
    gauges.begin()
    time.sleep(0.1)
    shown = gauges.end(1, 10_000_000, {})  # at most 1e8 operations a second
    assert gauges.machine.operations_per_second > 1e9
    assert 0 < shown["utilisation"] < 1


def test_speed_is_a_circumstance(told):
    circumstances = told[1].circumstances
    assert circumstances["tokens_per_second"] > 0
    assert 0 < circumstances["model_flop_utilisation"] < 1.5
    assert re.search(r"product of (1024 x 1024|8192 x 8192)", circumstances["peak_measured_by"])


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("lm_head.weight", "head"),
        ("transformer.wpe.weight", "embeddings"),
        ("model.layers.0.self_attn.q_norm.weight", "norms"),
        ("transformer.h.1.attn.c_attn.bias", "attention"),
        ("model.layers.2.mlp.up_proj.lora_A.default.weight", "feed-forward"),
        ("something.else", "other"),
    ],
)
def test_a_parameter_belongs_to_a_part_of_the_decoder(name, group):
    assert group_of(name) == group


def test_a_parameter_without_gradient_has_no_norm():
    assert gradient_norms({"lm_head.weight": torch.nn.Parameter(torch.ones(2))}) == {}


def test_drift_is_relative_to_the_weights_that_were_stored(tiny_model):
    weights = {name: 1.5 * weight for name, weight in load_model(tiny_model).named_parameters()}
    assert list(drift(weights, tiny_model).values()) == pytest.approx([0.5] * 4)


def test_nested_figures_become_flat_names():
    assert flat({"a": {"b": 1}, "c": "text", "d": True}) == {"a/b": 1}


class Follower(Silent):
    """Asks for the status of a run after each step of its stage."""

    def __init__(self, folder):
        self.folder, self.seen = folder, []

    def advance(self, units, **figures):  # noqa: ARG002
        if "loss" in figures:
            (stage,) = status(self.folder)["stages"]
            self.seen.append((stage["state"], stage["step"], stage["tokens"], stage["loss"]))


def test_whoever_asks_on_the_way_is_told_the_last_step(tmp_path, training_inputs, tiny_training):
    folder = RunFolder(tmp_path)
    folder.write_recipe(["cap"], {}, tmp_path)
    follower = Follower(folder)
    run(tiny_training(), replace(training_inputs(), progress=follower), tmp_path / "cap")
    steps = lines(tmp_path / "cap" / "training.jsonl")
    assert follower.seen == [("unfinished", s["step"], s["tokens"], s["loss"]) for s in steps]


def test_a_line_that_is_not_whole_yet_is_no_step(tmp_path):
    folder = RunFolder(tmp_path)
    folder.write_recipe(["cap"], {}, tmp_path)
    (tmp_path / "cap").mkdir()
    log = tmp_path / "cap" / "training.jsonl"
    log.write_text('{"loss":2.0,"step":1,"tokens":512}\n{"loss":1.')
    (stage,) = status(folder)["stages"]
    assert (stage["step"], stage["tokens"], stage["loss"]) == (1, 512, 2.0)
    log.write_text('{"loss":2')
    assert status(folder)["stages"] == [{"stage": "cap", "state": "unfinished"}]
