"""A rank does not outlive its launcher."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RANK = """
import sys, time
from pathlib import Path
from auroram.adapters.launch_parent import end_with_launcher
while {waits} and not Path("go").exists():
    time.sleep(0.05)
end_with_launcher()
Path("ready").touch()
time.sleep(60)
"""

LAUNCHER = """
import subprocess, sys, time
from auroram.adapters.launch_parent import parent_of_ranks
with parent_of_ranks():
    rank = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(rank.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def started(tmp_path):
    """Starts a launcher with a rank; returns both, as a process and a process id."""
    processes, ranks = [], []

    def start(*, waits: bool):
        words = [sys.executable, "-c", LAUNCHER, RANK.format(waits=waits)]
        pipes = {"stdout": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(words, cwd=tmp_path, **pipes))
        ranks.append(int(processes[-1].stdout.readline()))
        return processes[-1], ranks[-1]

    yield start
    for rank in filter(lives, ranks):
        os.kill(rank, signal.SIGKILL)
    for process in processes:
        process.kill()
        process.communicate()


def lives(process_id):
    """Whether the process is there, and not a dead one that nobody asked for."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(is_so, seconds=20):
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.05)
    return is_so()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of it")
def test_a_rank_ends_when_its_launcher_is_killed(started, tmp_path):
    launcher, rank = started(waits=False)
    assert until((tmp_path / "ready").exists) and lives(rank)
    launcher.kill()
    assert until(lambda: not lives(rank))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of it")
def test_a_rank_whose_launcher_is_dead_before_it_begins_does_not_begin(started, tmp_path):
    launcher, rank = started(waits=True)
    launcher.kill()
    launcher.wait()
    (tmp_path / "go").touch()
    assert until(lambda: not lives(rank))
    assert not (tmp_path / "ready").exists()
