"""A rank that is killed under `auroram launch` is named, and the run comes to its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from training_log import losses

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
    steps, alone = (losses(tmp_path / folder / "cap") for folder in ("ranks", "one"))
    assert len(steps) == 20
    assert steps == pytest.approx(alone, abs=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of it")
def test_ranks_end_with_a_launcher_that_is_killed(ranks_recipe, tmp_path):
    long = ["stages.cap.budget_tokens=4_096_000", "stages.cap.mixture.highest_epochs=100_000"]
    with (tmp_path / "words").open("w") as words:
        launched = subprocess.Popen(
            [*LAUNCH, ranks_recipe, *long, "--folder", tmp_path / "ranks", "--ranks", "2"],
            stdout=words,
            stderr=words,
        )
        try:
            trains = tmp_path / "ranks" / "cap" / ".checkpoints" / "step-000003"
            wait_for(trains.exists, while_lives=launched, seconds=200)
            ranks = [rank_of(launched.pid, number) for number in (0, 1)]
        finally:
            launched.kill()
            launched.wait()
        wait_for(lambda: not any(Path(f"/proc/{rank}/fd/0").exists() for rank in ranks), seconds=20)


def wait_for(is_so, *, seconds, while_lives=None):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end and not (while_lives and while_lives.poll() is not None)
        time.sleep(0.002)


def kill_second_rank(launched, *, after):
    """Kill -9 the rank of number 1 as soon as a checkpoint is there."""
    wait_for(after.exists, while_lives=launched, seconds=200)
    os.kill(rank_of(launched.pid, 1), signal.SIGKILL)


def rank_of(launcher, number):
    """The launcher's child that was told to be this rank."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            told = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == launcher and f"RANK={number}".encode() in told:
            return int(process.name)
    raise AssertionError(f"the launcher has no rank {number}")
