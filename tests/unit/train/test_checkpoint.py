"""Checkpoints: whole or not there, and only the newest kept."""

import pytest
import torch

from auroram.train.checkpoint import Checkpoint, newest_checkpoint, rounded, save_checkpoint


def save(folder, step):
    tensors = {"weights/w": torch.full((1000,), float(step))}
    save_checkpoint(folder, Checkpoint(step=step, tensors=tensors, log_bytes={"training": step}))


def test_what_was_saved_comes_back(tmp_path):
    save(tmp_path, 3)
    found = newest_checkpoint(tmp_path)
    assert (found.step, found.log_bytes) == (3, {"training": 3})
    assert torch.equal(found.tensors["weights/w"], torch.full((1000,), 3.0))


def test_only_the_newest_is_kept(tmp_path):
    for step in (9, 10, 1_000_001):
        save(tmp_path, step)
    assert [path.name for path in tmp_path.iterdir()] == ["step-1000001"]


def test_nothing_saved_is_nothing_found(tmp_path):
    assert newest_checkpoint(tmp_path / "none") is None


@pytest.mark.parametrize("file", ["state.safetensors", "state.json"])
@pytest.mark.parametrize("left", [0, 20])
def test_a_torn_checkpoint_is_passed_over(tmp_path, file, left):
    save(tmp_path / "later", 5)
    save(tmp_path / "kept", 3)
    (tmp_path / "later" / "step-000005").rename(tmp_path / "kept" / "step-000005")
    torn = tmp_path / "kept" / "step-000005" / file
    torn.write_bytes(torn.read_bytes()[:left])
    assert newest_checkpoint(tmp_path / "kept").step == 3


def test_one_that_was_never_finished_is_not_looked_at(tmp_path):
    save(tmp_path, 5)
    (tmp_path / "step-000005").rename(tmp_path / "step-000005.unfinished")
    assert newest_checkpoint(tmp_path) is None


def test_rounded_moments_are_rounded_in_memory_too():
    live = {"0.exp_avg": torch.tensor([1 / 3]), "0.step": torch.tensor(257.0)}
    saved = rounded(live, "bfloat16")
    assert torch.equal(live["0.exp_avg"], saved["0.exp_avg"].float())
    assert live["0.exp_avg"] != 1 / 3
    assert saved["0.step"] == 257
