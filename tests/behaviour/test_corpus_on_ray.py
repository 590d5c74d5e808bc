"""The corpus stage on a Ray cluster of two nodes writes the bytes that one process writes."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from corpus_engines import contents, inputs, write_corpus

from auroram.adapters.ray import Ray
from auroram.corpus.stage import run
from auroram.errors import DataError
from auroram.ports import Serial

sys.path.append(str(Path(__file__).parents[1] / "unit" / "adapters"))
from engine_tasks import refuse_odd, square, stumble_once

pytest.importorskip("ray", reason="the extra 'ray' is not installed")
pytestmark = [
    pytest.mark.slow,
    # Ray leaves sockets and files of its own open when a cluster goes down.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one core each, as processes of this machine."""
    # Ray ends workers when the whole machine is short of memory, whoever took it.
    os.environ["RAY_memory_monitor_refresh_ms"] = "0"  # noqa: SIM112 -- as Ray spells it
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    from ray.cluster_utils import Cluster  # noqa: PLC0415 -- an extra, and heavy

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes.add_node(num_cpus=1)
    yield nodes
    nodes.shutdown()


@pytest.fixture
def engine(cluster, tmp_path):
    engine = Ray(address=cluster.address).start(tmp_path)
    yield engine
    engine.close()


def test_results_come_in_order_from_both_nodes(engine):
    assert engine.workers == 2
    assert list(engine.map(square, range(6))) == [0, 1, 4, 9, 16, 25]


def test_an_error_crosses_the_border_intact(engine):
    with pytest.raises(DataError, match=r"^3: odd; give an even number$"):
        list(engine.map(refuse_odd, [2, 3]))


def test_what_a_lost_worker_held_is_done_again(engine, tmp_path):
    marks = [str(tmp_path / name) for name in ("a", "b")]
    assert list(engine.map(stumble_once, marks)) == ["a", "b"]


def test_a_worker_killed_in_the_middle_changes_no_byte(engine, tmp_path):
    settings = write_corpus(tmp_path)
    plain = run(settings, inputs(tmp_path, Serial()), tmp_path / "plain")
    killer = threading.Thread(target=kill_a_worker, args=(tmp_path / "out" / ".work",))
    killer.start()
    outcome = run(settings, inputs(tmp_path, engine), tmp_path / "out")
    killer.join()
    assert outcome == plain
    assert contents(tmp_path / "out") == contents(tmp_path / "plain")


def kill_a_worker(work):
    """Kill a worker of Ray as soon as it has begun to write."""
    while not list(work.glob("portions/*/*/*.unfinished")):
        time.sleep(0.001)
    busy = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if is_worker(folder)]
    os.kill(busy[0], signal.SIGKILL)


def is_worker(process):
    """A process of this cluster that reads a portion."""
    try:
        return b"ray::ingest" in (process / "cmdline").read_bytes()
    except OSError:
        return False
