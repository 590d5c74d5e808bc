"""The script that `auroram launch --slurm` writes, on a real Slurm of two nodes."""

import re
import subprocess
import time

import pytest

from slurm_cluster import OTHER_NODE
from training_log import losses


@pytest.mark.slow
def test_a_job_that_is_interrupted_twice_trains_on_two_nodes_as_one_process_does(
    slurm, forked, auroram, ranks_recipe, tmp_path
):
    write_script(auroram, ranks_recipe)
    job = submitted(tmp_path)
    wait_until(lambda: has_begun(job))
    told(["scancel", "--signal=KILL", f"{job}.0"])
    assert wait_for_state(job, "PENDING")["Restarts"] == "1", "its launchers were killed"
    wait_for_steps(tmp_path / "nodes", 5)
    told(["scancel", "--batch", "--signal=USR1", job])
    assert wait_for_state(job, "PENDING")["Restarts"] == "2", "its time was nearly up"
    ended = wait_for_state(job, "COMPLETED")
    words = (tmp_path / f"slurm-{job}.out").read_text()
    assert (ended["ExitCode"], ended["NumNodes"]) == ("0:0", "2"), words
    assert OTHER_NODE in ended["NodeList"]
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
    ended = wait_for_state(job, "FAILED")
    assert (ended["ExitCode"], ended["Restarts"]) == ("2:0", "0")
    assert "help.fi.jsonl.gz" in (tmp_path / f"slurm-{job}.out").read_text()


def write_script(auroram, recipe):
    written = auroram("launch", recipe, "--folder", "nodes", "--nodes", "2", "--slurm", "job.sh")
    assert written.returncode == 0, written.stderr


def submitted(folder):
    return told(["sbatch", "--parsable", "job.sh"], cwd=folder).strip()


def has_begun(job):
    """Whether the launchers are there."""
    asked = ["scontrol", "show", "step", f"{job}.0"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def wait_for_steps(run, number):
    journal = run / "cap" / "training.jsonl"
    wait_until(lambda: journal.exists() and len(journal.read_text().splitlines()) >= number)


def wait_for_state(job, state):
    """What Slurm says of a job as soon as it is in this state."""

    def found():
        said = dict(re.findall(r"(\S+?)=(\S*)", told(["scontrol", "show", "job", job])))
        return said if said["JobState"] == state else None

    return wait_until(found)


def wait_until(condition):
    for _ in range(2000):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def told(words, **options):
    done = subprocess.run(words, capture_output=True, text=True, check=True, **options)
    return done.stdout
