"""The script that `auroram launch --slurm` writes, on a real Slurm of two nodes."""

import re
import subprocess
import sys
import time

import pytest

from auroram.adapters.launch import Launch
from auroram.adapters.launch_slurm import slurm_script
from training_log import losses

ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")


@pytest.mark.slow
def test_a_job_that_is_interrupted_twice_trains_on_two_nodes_as_one_process_does(
    slurm, forked, auroram, ranks_recipe, tmp_path
):
    write_script(auroram, ranks_recipe)
    job = submitted(tmp_path)
    wait_until(lambda: was_queued_again_once_killed(job))
    wait_for_steps(tmp_path / "nodes", 4)
    told(["scancel", "--batch", "--signal=USR1", job])
    ended = wait_for_end(job)
    words = (tmp_path / f"slurm-{job}.out").read_text()
    assert (ended["JobState"], ended["ExitCode"]) == ("COMPLETED", "0:0"), words
    assert ended["Restarts"] == "2", "its launchers were killed, and then its time was nearly up"
    assert ended["NumNodes"] == "2"
    assert words.count("tokens: done in") == words.count("tokens: done already") == 1, words
    assert forked("run", ranks_recipe, "--folder", tmp_path / "one").returncode == 0
    steps, alone = (losses(tmp_path / folder / "cap") for folder in ("nodes", "one"))
    assert steps == pytest.approx(alone, abs=1e-4)
    assert len(steps) == 20


@pytest.mark.slow
def test_a_job_whose_input_is_wrong_does_not_go_back_to_the_queue(
    slurm, auroram, ranks_recipe, tmp_path
):
    write_script(auroram, ranks_recipe)
    (tmp_path / "help.fi.jsonl.gz").unlink()
    job = submitted(tmp_path)
    ended = wait_for_end(job)
    assert (ended["JobState"], ended["ExitCode"], ended["Restarts"]) == ("FAILED", "2:0", "0")
    assert "help.fi.jsonl.gz" in (tmp_path / f"slurm-{job}.out").read_text()


@pytest.mark.slow
def test_a_job_that_fails_too_often_ends_and_a_return_before_its_time_is_up_is_no_failure(
    slurm, tmp_path, monkeypatch
):
    command = tmp_path / "python"
    command.write_text(
        f"#!/bin/sh\necho >> {tmp_path}/starts\n"
        f'[ "$(wc -l < {tmp_path}/starts)" -gt 1 ] && exit 1\n'
        "scancel --batch --signal=USR1 $SLURM_JOB_ID\nexec sleep 100\n"
    )
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command))
    script = slurm_script(Launch(restarts=1), ["recipe.toml"], [])
    (tmp_path / "job.sh").write_text(script)
    job = submitted(tmp_path)
    ended = wait_for_end(job)
    assert (ended["JobState"], ended["ExitCode"], ended["Restarts"]) == ("FAILED", "1:0", "2")
    failures = (tmp_path / f"slurm-{job}.failures").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in failures] == ["ended with code 1"] * 2


def write_script(auroram, recipe):
    written = auroram("launch", recipe, "--folder", "nodes", "--nodes", "2", "--slurm", "job.sh")
    assert written.returncode == 0, written.stderr


def submitted(folder):
    return told(["sbatch", "--parsable", "job.sh"], cwd=folder).strip()


def was_queued_again_once_killed(job):
    """Kill the launchers of a job, as soon as there are any, until it goes back to the queue."""
    kill = ["scancel", "--signal=KILL", f"{job}.0"]
    if said(job)["Restarts"] == "0":
        subprocess.run(kill, capture_output=True, check=False)
    return said(job)["Restarts"] == "1"


def wait_for_steps(run, number):
    journal = run / "cap" / "training.jsonl"
    wait_until(lambda: journal.exists() and len(journal.read_text().splitlines()) >= number)


def wait_for_end(job):
    """What Slurm says of a job as soon as it is over."""
    wait_until(lambda: said(job)["JobState"] in ENDED)
    return said(job)


def said(job):
    return dict(re.findall(r"(\S+?)=(\S*)", told(["scontrol", "show", "job", job])))


def wait_until(condition):
    for _ in range(700):
        if found := condition():
            return found
        time.sleep(0.3)
    raise AssertionError("it did not come about")


def told(words, **options):
    done = subprocess.run(words, capture_output=True, text=True, check=True, **options)
    return done.stdout
