"""Killed at any moment, among them in the middle of a checkpoint, a stage loses none."""

import random
from dataclasses import replace

import pytest
from local_ranks import alike

from auroram.records.files import sha256_of
from auroram.records.mixture import Mixture, Phase
from auroram.train.checkpoint import FOLDER, newest_checkpoint
from auroram.train.parts import Checkpoints
from auroram.train.stage import run
from training_log import losses

KILLS = 50
MOST_OPERATIONS = 60
"""On files, from a start to the kill: a checkpoint takes about a dozen."""
CHECKPOINT_BYTES = 900_000
"""Somewhat less than a checkpoint's file has."""


@pytest.fixture
def often_saved(training):
    """Settings of a stage of 150 tiny steps, each of which is saved."""
    domains = Mixture(phases=(Phase(weights={"fi": 1}),), replay=0.0, highest_epochs=1000)
    one_row = {"budget_tokens": 150 * 64, "batch_tokens": 64, "micro_batch_tokens": 64}
    return training(**one_row, mixture=domains, checkpoints=Checkpoints(every_steps=1))


def step_of(out, before) -> int:
    """The step that a run would go on from; it must be whole, and no earlier than before."""
    found = newest_checkpoint(out / FOLDER)
    if found is None:
        assert not before, f"the checkpoint of step {before} is lost"
        return 0
    assert found.step >= before, f"step {before} was saved, and {found.step} is left"
    assert all(tensor.isfinite().all() for tensor in found.tensors.values())
    return found.step


def outputs(out):
    files = (path for path in out.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(out): sha256_of(path) for path in files}


@pytest.mark.slow
def test_killed_fifty_times_it_never_loses_a_checkpoint_and_ends_in_the_same_bytes(
    tmp_path, often_saved, training_inputs, train_on
):
    draw, step, codes = random.Random(4), 0, []
    out = tmp_path / "killed"
    out.mkdir()
    for kill in range(KILLS):
        moment = ("operations", draw.randint(1, MOST_OPERATIONS))
        if kill % 5 == 0:
            moment = ("bytes", draw.randint(1, CHECKPOINT_BYTES))
        codes += train_on(1, often_saved, out, killed=0, at=moment)
        step = step_of(out, step)
    assert all(code < 0 for code in codes), codes
    assert 20 < step < 150
    run(often_saved, training_inputs(), out)
    run(often_saved, training_inputs(), tmp_path / "whole")
    assert outputs(out) == outputs(tmp_path / "whole")


@pytest.mark.slow
def test_a_rank_that_is_killed_while_all_save_leaves_no_half_checkpoint(
    tmp_path, often_saved, training_inputs, train_on
):
    settings, draw, step = (
        replace(often_saved, budget_tokens=20 * 128, batch_tokens=128),
        random.Random(5),
        0,
    )
    out = tmp_path / "killed"
    out.mkdir()
    for kill in range(4):
        moment = ("operations", draw.randint(15, MOST_OPERATIONS))
        codes = train_on(2, settings, out, killed=kill % 2, at=moment)
        assert codes[kill % 2] == -9 and all(codes)
        step = step_of(out, step)
    assert train_on(2, settings, out) == [0, 0]
    run(settings, training_inputs(), tmp_path / "whole")
    assert losses(out) == pytest.approx(losses(tmp_path / "whole"), abs=1e-5)
    alike(out, tmp_path / "whole", atol=1e-4)
