"""Work spread over processes of this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engine_tasks import fall, refuse_odd, square, wait

from auroram.adapters.embedded import Embedded, physical_cores
from auroram.errors import DataError, RunError

HERE = Path(__file__).parent
ENDLESS = """
import sys
sys.path.insert(0, {here!r})
from engine_tasks import wait
from auroram.adapters.embedded import Processes
if __name__ == "__main__":
    for pid in Processes(2).map(wait, [0.3, 0.3, 600, 600]):
        print(pid, flush=True)
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


def test_a_lost_worker_is_an_error_that_says_to_go_on(engine):
    with pytest.raises(RunError, match=r"a worker was lost.*run again"):
        list(engine.map(fall, ["a", "b"]))


def test_workers_default_to_the_physical_cores(tmp_path):
    assert Embedded().start(tmp_path).workers == physical_cores() >= 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_first_process(tmp_path, how):
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS.format(here=str(HERE)))
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    workers = {int(process.stdout.readline()) for _ in range(2)}
    process.send_signal(how)
    process.wait(timeout=30)
    process.stdout.close()
    assert gone(workers, seconds=10)


def gone(workers, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(is_running(pid) for pid in workers):
            return True
        time.sleep(0.05)
    return False


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
