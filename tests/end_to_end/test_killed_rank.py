"""A rank that is killed under `auroram launch` is named, and the run comes to its end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LAUNCH = [sys.executable, "-m", "auroram.cli.main", "launch"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the rank in /proc")
def test_a_rank_killed_under_launch_is_named_and_the_run_ends_as_if_nothing_was(
    forked, ranks_recipe, tmp_path
):
    launched = subprocess.Popen(
        [*LAUNCH, ranks_recipe, "--folder", tmp_path / "ranks", "--ranks", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    kill_second_rank(launched, after=tmp_path / "ranks" / "cap" / ".checkpoints" / "step-000006")
    _, words = launched.communicate(timeout=300)
    assert launched.returncode == 0, words
    assert "a rank died (number 1 of 2 on" in words and "SIGKILL" in words, words
    assert "all ranks start again from the last checkpoint" in words
    assert "Go on with" not in words, "only who stops the launcher is told how to go on"
    assert forked("run", ranks_recipe, "--folder", tmp_path / "one").returncode == 0
    steps, alone = (losses(tmp_path / folder) for folder in ("ranks", "one"))
    assert len(steps) == 20
    assert steps == pytest.approx(alone, abs=1e-4)


def kill_second_rank(launched, *, after):
    """Kill -9 the rank of number 1 as soon as a checkpoint is there."""
    end = time.monotonic() + 200
    while not after.exists():
        assert launched.poll() is None and time.monotonic() < end, "no rank trained"
        time.sleep(0.002)
    os.kill(second_rank(launched.pid), signal.SIGKILL)


def second_rank(launcher):
    """The launcher's child that was told to be rank 1."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            told = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == launcher and b"RANK=1" in told:
            return int(process.name)
    raise AssertionError("the launcher has no rank 1")


def losses(run):
    lines = (run / "cap" / "training.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]
