"""Work spread over processes of this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import engine_tasks
from auroram.adapters.embedded import Embedded, physical_cores
from auroram.errors import DataError, RunError
from engine_tasks import fall_if_hired, refuse_odd, square, wait

ENDLESS = """
import sys
sys.path.insert(0, {here!r})
from engine_tasks import stay
from auroram.adapters.embedded import Processes
if __name__ == "__main__":
    list(Processes(2).map(stay, [{folder!r}] * 3))
"""


@pytest.fixture
def engine(tmp_path):
    engine = Embedded(workers=2).start(tmp_path)
    yield engine
    engine.close()


def test_results_come_in_the_order_of_the_items(engine):
    assert list(engine.map(square, range(20))) == [number * number for number in range(20)]


def test_an_error_crosses_the_border_intact_and_the_engine_goes_on(engine):
    with pytest.raises(DataError, match=r"^3: odd; give an even number$"):
        list(engine.map(refuse_odd, [2, 3, 4]))
    assert list(engine.map(square, [1, 2])) == [1, 4]


def test_one_worker_is_this_very_process(tmp_path):
    engine = Embedded(workers=1).start(tmp_path)
    assert list(engine.map(wait, [0, 0])) == [os.getpid()] * 2


def test_this_process_works_beside_the_one_that_it_hires(engine):
    pids = set(engine.map(wait, [0.2] * 30))
    assert os.getpid() in pids and len(pids) == 2


def test_a_lost_worker_is_an_error_that_says_to_go_on_and_the_engine_does(engine):
    with pytest.raises(RunError, match=r"a worker was lost.*run again"):
        list(engine.map(fall_if_hired, [os.getpid()] * 60))
    assert list(engine.map(square, [1, 2])) == [1, 4]


def test_workers_default_to_the_physical_cores(tmp_path):
    assert Embedded().start(tmp_path).workers == physical_cores() >= 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_first_process(tmp_path, how):
    script, folder = tmp_path / "endless.py", tmp_path / "workers"
    folder.mkdir()
    script.write_text(
        ENDLESS.format(here=str(Path(engine_tasks.__file__).parent), folder=str(folder))
    )
    process = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.DEVNULL)
    assert within(30, lambda: len(list(folder.iterdir())) == 2)
    process.send_signal(how)
    process.wait(timeout=30)
    workers = [int(path.name) for path in folder.iterdir()]
    assert within(10, lambda: not any(is_running(pid) for pid in workers))


def within(seconds, happens):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happens():
            return True
        time.sleep(0.05)
    return False


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
