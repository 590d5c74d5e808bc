"""The corpus stage on a Ray cluster of two nodes writes the bytes that one process writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra 'ray' is not installed")
pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ENVIRONMENT = {
    # Ray ends workers when the whole machine is short of memory, whoever took it.
    "RAY_memory_monitor_refresh_ms": "0",
    # And nodes that a loaded machine is slow to start.
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_worker_register_timeout_seconds": "300",
    "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the driver wrote down. A cluster that does not come up at all is started once more."""
    for _ in range(2):
        folder = tmp_path_factory.mktemp("ray")
        driven = subprocess.run(
            [sys.executable, HERE / "ray_driver.py", folder],
            env=os.environ | ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if (folder / "started").exists():
            break
    assert driven.returncode == 0, driven.stderr[-4000:]
    return json.loads((folder / "told.json").read_text())


def test_results_come_in_order_from_both_nodes(told):
    assert told["in_order"] == [2, [0, 1, 4, 9, 16, 25]]


def test_an_error_crosses_the_border_intact(told):
    assert told["an_error"] == "3: odd; give an even number"


def test_what_a_lost_worker_held_is_done_again(told):
    assert told["a_lost_worker"] == ["a", "b"]


def test_a_worker_killed_in_the_middle_changes_no_byte(told):
    corpus = told["a_killed_worker"]
    assert corpus.pop("files") > 5
    assert corpus == {"killed": True, "same outcome": True, "same files": True}
