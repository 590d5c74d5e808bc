"""How long saving stops training on several ranks: python benchmarks/checkpoint.py.

Two local ranks hold as many float32 numbers each as `--millions` says and save them nine times.
Bar: the stop, in the median, is at most 1.5 times a copy in memory. Beside it, what writing takes
that training does not wait for. Processor time of the training thread, and wall time.
"""

import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import torch

from auroram.train.checkpoint import Checkpoint
from auroram.train.ranks.checkpoint import Background
from auroram.train.ranks.distributed import Degrees
from auroram.train.ranks.meeting import joined

SECONDS = 20
RANKS, ROUNDS, BAR = 2, 9, 1.5


def main() -> int:
    """Start the ranks, and print what the first one measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--millions", type=int, default=30, help="numbers on each rank")
    millions = parser.parse_args().millions
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = str(listening.getsockname()[1])
    context = get_context("spawn")
    told = context.SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        work = (port, millions, Path(folder), told)
        ranks = [context.Process(target=rank, args=(number, *work)) for number in range(RANKS)]
        for process in ranks:
            process.start()
        for process in ranks:
            process.join()
    result = {"benchmark": "checkpoint", "ranks": RANKS, "millions": millions, **told.get()}
    print("RESULT", json.dumps(result))
    return int(result["stop_cpu"] > BAR * result["copy_cpu"])


def rank(number: int, port: str, millions: int, folder: Path, told) -> None:
    """Measure on one rank; the first one tells."""
    os.environ |= {"RANK": str(number), "WORLD_SIZE": str(RANKS)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    torch.set_num_threads(1)
    numbers = {f"weights/{number}.{part}": torch.rand(millions * 10**5) for part in range(10)}
    times: dict[str, list[float]] = {}
    degrees = Degrees(data=1, tensor=1, pipeline=RANKS, context=1)
    with joined("benchmark", degrees, device="cpu") as ranks, Background(ranks) as saver:
        for step in range(1, ROUNDS + 1):
            checkpoint = Checkpoint(step=step, tensors=numbers, log_bytes={})
            ranks.meet()
            for name, work in {
                "copy": lambda: [tensor.clone() for tensor in numbers.values()],
                "stop": lambda made=checkpoint: saver.save(folder, made),
                "write": saver.wait,
            }.items():
                wall, cpu = time.perf_counter(), time.thread_time()
                work()
                times.setdefault(f"{name}_wall", []).append(time.perf_counter() - wall)
                times.setdefault(f"{name}_cpu", []).append(time.thread_time() - cpu)
    if number == 0:
        told.put({name: round(statistics.median(each), 4) for name, each in times.items()})


if __name__ == "__main__":
    sys.exit(main())
