"""Killing a run at any instant loses nothing and changes nothing."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

KILLS = 10


def command(recipe, folder):
    return [sys.executable, "-m", "auroram.cli.main", "run", str(recipe), "--folder", str(folder)]


def digests(folder):
    return {
        path.parent.name: json.loads(path.read_text())["digest"]
        for path in folder.glob("*/manifest.json")
    }


@pytest.mark.slow
def test_ten_kills_at_random_moments_end_in_the_same_digests(tiny_recipe, finished_run, tmp_path):
    folder = tmp_path / "run"
    draw = random.Random(20260101)
    seconds = sum(
        json.loads(path.read_text())["resources"]["wall_seconds"]
        for path in finished_run.glob("*/manifest.json")
    )
    for _ in range(KILLS):
        process = subprocess.Popen(
            command(tiny_recipe, folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        # The first line on stderr is the first stage's: from there on there is work to kill.
        process.stderr.readline()
        time.sleep(draw.uniform(0, 2 * seconds / KILLS))
        process.kill()
        process.wait()
        process.stderr.close()
    last = subprocess.run(command(tiny_recipe, folder), capture_output=True, text=True, check=False)
    assert last.returncode == 0, last.stderr
    assert digests(folder) == digests(finished_run)


def test_an_interrupt_stops_cleanly_and_says_how_to_go_on(tiny_recipe, tmp_path):
    process = subprocess.Popen(
        command(tiny_recipe, tmp_path / "run"), stderr=subprocess.PIPE, text=True
    )
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Go on with: auroram run" in words and "Traceback" not in words
