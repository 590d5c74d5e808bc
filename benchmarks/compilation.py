"""What compiled layers save, and what compiling takes: python benchmarks/compilation.py [--thin].

    python benchmarks/compilation.py [--shape 135M] [--thin] [--threads 2] [--rounds 8]

A step as it is written and one with compiled layers in turn, on the same random decoder in the same
process; --thin trains thin matrices beside its layers, and the embeddings, as the quickstart does.
The constants of train/compilation.py come from here. There is no bar: what it finds decides what
`auto` does.
"""

import argparse
import json
import statistics
import sys
import time

import torch

from auroram.model.precision import precision_of
from auroram.train.allocator import keep_memory
from auroram.train.compilation import Compilation, compile_layers
from auroram.train.data import MicroBatch
from auroram.train.facts import operations
from auroram.train.forward import batch_nats
from auroram.train.low_rank import attach
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.optimizer_settings import AdamW
from auroram.train.parts import LowRank
from auroram.train.ranks.pipeline_cut import decoder_layers
from auroram.train.step import gradients, move
from auroram.train.thin import hasten
from support.rows import rows_of_tokens
from support.tiny_models import SHAPES, random_model

SECONDS = 90
LENGTH, ROWS = 512, {"10M": 8, "30M": 4, "135M": 2}
WARM_UP = 2
COMPILED = Compilation(on=True, why="it is measured")


def main() -> int:
    """Print what was measured."""
    asked = arguments()
    keep_memory()
    torch.set_num_threads(asked.threads)
    model = random_model(SHAPES[asked.shape])
    weights = trained(model, thin=asked.thin)
    optimizer, rows = optimizer_of(AdamW(), [Group(weights.values())]), ROWS[asked.shape]
    work = operations(model, rows * LENGTH, LENGTH, trained=weights)

    def step(*, compiled):
        """Seconds of a step."""
        batch = rows_of_tokens(model.config.vocab_size, rows, LENGTH)
        part, started = MicroBatch(batch=batch, domains=("en",) * rows), time.perf_counter()
        if compiled:
            take(part)
        else:
            with COMPILED.paused():
                take(part)
        return time.perf_counter() - started

    def take(part):
        """As a stage takes it."""
        kind = precision_of("fastest")
        nats_of = lambda one: batch_nats(model, one.batch, precision=kind)  # noqa: E731
        gradients(list(weights.values()), [part], nats_of=nats_of, highest_norm=1.0)
        move(optimizer, learning_rate=1e-4)

    compile_layers(decoder_layers(model))
    first = step(compiled=True)
    turns = [(step(compiled=False), step(compiled=True)) for _ in range(WARM_UP + asked.rounds)]
    written, compiled = (statistics.median(times) for times in zip(*turns[WARM_UP:], strict=True))
    told = {
        "benchmark": "compilation",
        "missed": [],
        "shape": asked.shape + (" thin" if asked.thin else ""),
        "threads": asked.threads,
        "tokens/s as written": rows * LENGTH / written,
        "tokens/s compiled": rows * LENGTH / compiled,
        "saved": 1 - compiled / written,
        "seconds to compile": first - compiled,
        "operations a thread in that time": (first - compiled) * work / written / asked.threads,
    }
    for name, value in told.items():
        print(f"{name}: {value:.4g}" if isinstance(value, float) else f"{name}: {value}")
    print("RESULT", json.dumps(told))
    return 0


def arguments():
    """What the command line asks for."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--shape", choices=SHAPES, default="10M")
    reader.add_argument("--thin", action="store_true", help="train thin matrices beside the layers")
    reader.add_argument("--threads", type=int, default=2)
    reader.add_argument("--rounds", type=int, default=8)
    return reader.parse_args()


def trained(model, *, thin):
    """What trains, by name."""
    weights = dict(model.named_parameters())
    if not thin:
        return weights
    rates = attach(LowRank(rank=16), model, weights, seed=0)
    hasten(model, precision_of("fastest"))
    return {name: p for name, p in model.named_parameters() if name in rates}


if __name__ == "__main__":
    sys.exit(main())
