"""Killing a run at any instant loses nothing and changes nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from multiprocessing import get_context

import pytest

from auroram.cli.main import main

KILLS = 10

FORKS = get_context("forkserver")
"""Starts processes that need not import anew what the one that they come from has imported."""
FORKS.set_forkserver_preload(
    [
        "auroram.cli.run_verb",
        "auroram.train.stage",
        "auroram.evaluate.stage",
        "auroram.safety.stage",
    ]
)


def run(recipe, folder, words):
    """What `auroram run` does, with what it says on stderr in a file."""
    with words.open("w") as told:
        os.dup2(told.fileno(), 2)
        os.dup2(told.fileno(), 1)
        sys.exit(main(["run", str(recipe), "--folder", str(folder)]))


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
    words = tmp_path / "words"
    for _ in range(KILLS):
        words.write_text("")
        process = FORKS.Process(target=run, args=(tiny_recipe, folder, words))
        process.start()
        # The first line is the first stage's: from there on there is work to kill.
        while process.is_alive() and not words.stat().st_size:
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 2 * seconds / KILLS))
        process.kill()
        process.join()
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
