"""Drives a Ray cluster of two nodes and writes down what came of it.

A process of its own: Ray ends the driver, without a word to Python, when a node does not answer.

    python ray_driver.py FOLDER
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from corpus_engines import contents, inputs, write_corpus
from ray.cluster_utils import Cluster

from auroram.adapters.ray import Ray
from auroram.corpus.stage import run
from auroram.errors import DataError
from auroram.ports import Serial
from engine_tasks import refuse_odd, square, stumble_once


def main(folder):
    """Every scenario in turn, each by an engine of its own."""
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes.add_node(num_cpus=1)
    (folder / "started").touch()
    told = {}
    for scenario in (in_order, an_error, a_lost_worker, a_killed_worker):
        place = folder / scenario.__name__
        place.mkdir()
        engine = Ray(address=nodes.address).start(place)
        told[scenario.__name__] = scenario(engine, place)
        engine.close()
    nodes.shutdown()
    (folder / "told.json").write_text(json.dumps(told))


def in_order(engine, place):
    return engine.workers, list(engine.map(square, range(6)))


def an_error(engine, place):
    try:
        # The others are under way, and about to end, when one fails.
        return list(engine.map(refuse_odd, [2, 3, *range(4, 24, 2)]))
    except DataError as error:
        return str(error)


def a_lost_worker(engine, place):
    return list(engine.map(stumble_once, [str(place / name) for name in ("a", "b")]))


def a_killed_worker(engine, place):
    settings = write_corpus(place)
    plain = run(settings, inputs(place, Serial()), place / "plain")
    killer = threading.Thread(target=kill_a_worker, args=(place / "out" / ".work",), daemon=True)
    killer.start()
    outcome = run(settings, inputs(place, engine), place / "out")
    killer.join(timeout=10)
    return {
        "killed": not killer.is_alive(),
        "same outcome": outcome == plain,
        "same files": contents(place / "out") == contents(place / "plain"),
        "files": len(contents(place / "out")),
    }


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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
