"""Killing a run at any instant loses nothing and changes nothing."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

from forks import ended, start

KILLS = 10


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
    words = tmp_path / "streams" / "stderr"
    command = ["run", tiny_recipe, "--folder", folder]
    for _ in range(KILLS):
        words.unlink(missing_ok=True)
        process = start(command, words.parent)
        # The first line is the first stage's: from there on there is work to kill.
        while process.is_alive() and not has_begun(words):
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 2 * seconds / KILLS))
        process.kill()
        process.join()
    last = ended(command, words.parent)
    assert last.returncode == 0, last.stderr
    assert digests(folder) == digests(finished_run)


def has_begun(words):
    return words.exists() and words.stat().st_size


def test_an_interrupt_stops_cleanly_and_says_how_to_go_on(tiny_recipe, tmp_path):
    command = [sys.executable, "-m", "auroram.cli.main", "run", tiny_recipe]
    process = subprocess.Popen(
        [*command, "--folder", tmp_path / "run"], stderr=subprocess.PIPE, text=True
    )
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Go on with: auroram run" in words and "Traceback" not in words
