"""A training stage that is killed and run again ends in the same bytes."""

import pytest

from auroram.pipeline.runner import run_one
from auroram.ports import Silent
from auroram.records.files import sha256_of
from auroram.report.amounts import duration
from auroram.report.page import render
from auroram.tokens.goldfish import Goldfish
from auroram.train.optimizer_settings import Adafactor
from auroram.train.parts import Checkpoints, Distil, Ema, LowRank, Spikes
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run


class Killed(BaseException):
    """Stands for a kill between two steps."""


class KilledAfter(Silent):
    """Progress whose `n`th advance never returns."""

    def __init__(self, n):
        self.left = n

    def advance(self, units, **figures):  # noqa: ARG002 -- the protocol names them
        self.left -= 1
        if not self.left:
            raise Killed


class Heard(Silent):
    """Progress that keeps what is said."""

    def __init__(self):
        self.sentences = []

    def say(self, sentence):
        self.sentences.append(sentence)


def files(out):
    return {
        path.relative_to(out).as_posix(): sha256_of(path)
        for path in out.rglob("*")
        if path.is_file() and ".checkpoints" not in path.parts
    }


def with_progress(inputs, progress):
    return type(inputs)(
        root=inputs.root, name=inputs.name, seed=7, stages=inputs.stages, progress=progress
    )


SPIKY = {
    "spikes": Spikes(loss=1.001, gradient_norm=1.001, window=1),
    "schedule": WarmupStableDecay(peak=0.05, warmup=0),
}
"""So high a learning rate that steps get worse than the one before, which counts as a spike."""

VARIANTS = {
    "plain": {},
    "average, moments in bfloat16": {
        "ema": Ema(decay=0.5),
        "checkpoints": Checkpoints(every_steps=2, moments="bfloat16"),
    },
    "taught": {"distil": Distil(share=0.5)},
    "adafactor": {"optimizer": Adafactor()},
    "thin matrices": {"low_rank": LowRank(rank=2)},
    "goldfish": {"goldfish": Goldfish(k=2, context=3)},
    "spikes skipped": {"ema": Ema(), "on_bad_loss": "skip", **SPIKY},
    "spikes rolled back": {"on_bad_loss": "roll-back", **SPIKY},
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_killed_after_every_step_it_gives_the_same_bytes(
    tmp_path, training_inputs, tiny_training, changes
):
    settings, inputs = tiny_training(**changes, budget_tokens=5 * 512), training_inputs()
    expected = run(settings, inputs, tmp_path / "whole")
    assert (tmp_path / "whole" / "events.jsonl").exists() == ("spikes" in changes)
    for steps in range(1, 6):
        with pytest.raises(Killed):
            run(settings, with_progress(inputs, KilledAfter(steps)), tmp_path / str(steps))
        assert run(settings, inputs, tmp_path / str(steps)) == expected
        assert files(tmp_path / str(steps)) == files(tmp_path / "whole")


def test_a_stage_that_was_killed_says_that_its_time_is_that_of_the_last_process(
    tmp_path, training_inputs, tiny_training
):
    settings, inputs = tiny_training(), training_inputs()
    whole = run_one(settings, inputs, tmp_path / "whole").manifest
    with pytest.raises(Killed):
        run_one(settings, with_progress(inputs, KilledAfter(5)), tmp_path / "cap")
    resumed = run_one(settings, inputs, tmp_path / "cap")
    assert whole.uncounted == "" and whole.digest == resumed.manifest.digest
    assert whole.resources.tokens == resumed.manifest.resources.tokens
    sentence = "cap went on with what an earlier process had done"
    assert sentence in resumed.manifest.uncounted
    assert sentence in render("Title", {"cap": resumed})
    again = run_one(settings, inputs, tmp_path / "cap")
    assert again.manifest == resumed.manifest


def test_a_stage_says_how_long_it_took_as_its_manifest_does(
    tmp_path, training_inputs, tiny_training
):
    heard = Heard()
    took = run_one(tiny_training(), with_progress(training_inputs(), heard), tmp_path / "cap")
    seconds = took.manifest.resources.wall_seconds
    assert heard.sentences[-1] == f"cap: done in {duration(seconds)}" and seconds > 0


def test_killed_while_a_checkpoint_is_written_it_goes_on_from_the_one_before(
    tmp_path, training_inputs, tiny_training
):
    settings, inputs = tiny_training(), training_inputs()
    expected = run(settings, inputs, tmp_path / "whole")
    with pytest.raises(Killed):
        run(settings, with_progress(inputs, KilledAfter(5)), tmp_path / "killed")
    torn = tmp_path / "killed" / ".checkpoints" / "step-000006.unfinished"
    torn.mkdir()
    (torn / "state.safetensors").write_bytes(b"\0" * 100)
    assert run(settings, inputs, tmp_path / "killed") == expected
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_killed_after_training_and_before_its_manifest_it_gives_the_same_bytes(
    tmp_path, training_inputs, tiny_training
):
    settings, inputs = tiny_training(), training_inputs()
    expected = run(settings, inputs, tmp_path)
    before = files(tmp_path)
    (tmp_path / "model" / "model.safetensors").unlink()
    assert run(settings, inputs, tmp_path) == expected
    assert files(tmp_path) == before


def test_a_resumed_run_does_not_train_again_what_is_saved(tmp_path, training_inputs, tiny_training):
    settings, inputs = tiny_training(), training_inputs()
    with pytest.raises(Killed):
        run(settings, with_progress(inputs, KilledAfter(7)), tmp_path)
    with pytest.raises(Killed):
        run(settings, with_progress(inputs, KilledAfter(2)), tmp_path)
    run(settings, inputs, tmp_path)
    steps = (tmp_path / "training.jsonl").read_text().splitlines()
    assert len(steps) == 8
