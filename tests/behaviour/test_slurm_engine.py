"""Work spread over an array job of a real Slurm."""

import subprocess
import time

import pytest

from auroram.adapters.slurm import Slurm
from auroram.errors import DataError, RunError
from engine_tasks import break_down, fall, refuse_odd, refuse_odd_and_stay, square

OPTIONS = {"workers": 2, "poll_seconds": 0.05, "patience": 3}


def start(tmp_path, **options):
    return Slurm(**(OPTIONS | options)).start(tmp_path / "jobs")


def test_results_come_in_the_order_of_the_items(slurm, tmp_path):
    assert list(start(tmp_path).map(square, [5, 1, 4, 2])) == [25, 1, 16, 4]
    assert list((tmp_path / "jobs").iterdir()) == []


def test_an_error_crosses_the_border_intact(slurm, tmp_path):
    with pytest.raises(DataError, match=r"^3: odd; give an even number$"):
        list(start(tmp_path).map(refuse_odd, [2, 3, 4]))


def test_an_error_ends_the_tasks_that_still_work(slurm, tmp_path):
    with pytest.raises(DataError, match=r"^3: odd; give an even number$"):
        list(start(tmp_path).map(refuse_odd_and_stay, [3, 4]))
    for _ in range(100):
        if not queued():
            return
        time.sleep(0.2)
    pytest.fail(f"still there: {queued()}")


def queued():
    asked = ["squeue", "--noheader"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_a_bug_in_a_task_is_told_in_a_sentence(slurm, tmp_path):
    with pytest.raises(RunError, match=r"a task failed .KeyError: 1"):
        list(start(tmp_path).map(break_down, [1]))


def test_a_task_that_died_is_an_error_that_says_to_go_on(slurm, tmp_path):
    with pytest.raises(RunError, match=r"job \d+ ended without all results.*run again"):
        list(start(tmp_path).map(fall, ["a"]))


def test_what_slurm_refuses_is_said(slurm, tmp_path):
    with pytest.raises(
        RunError, match=r"the job \(invalid partition specified: nowhere; .*\); mend"
    ):
        list(start(tmp_path, partition="nowhere").map(square, [1]))


def test_a_machine_without_slurm_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match=r"there is no command sbatch here"):
        list(start(tmp_path).map(square, [1]))


def test_the_script_says_what_the_settings_say(slurm, tmp_path):
    options = {"partition": "everyone", "time": "01:00:00", "options": ("--comment=ours",)}
    engine = start(tmp_path, **options)
    results = engine.map(square, [1, 2, 3])
    next(results)
    (script,) = (tmp_path / "jobs").glob("*/job.sh")
    lines = script.read_text().splitlines()
    for option in ("--partition=everyone", "--time=01:00:00", "--array=0-1", "--comment=ours"):
        assert f"#SBATCH {option}" in lines
    assert list(results) == [4, 9]
