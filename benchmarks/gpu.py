"""Training on a GPU, way by way, beside Trainer and litgpt: python benchmarks/gpu.py.

    python benchmarks/gpu.py [--shape 135M] [--rows 16] [--length 2048] [--steps 12]
        [--peer PYTHON] [--profile]

Steps on packed rows of several documents, in bfloat16 over float32 weights, by each attention, as
written and compiled, in 8 bits and with layers computed again. Stated are medians: tokens a second,
share of the GPU's measured peak, memory, and the loss by that of the plainest way. With --peer,
Trainer's and litgpt's steps on as many tokens, as their documentation sets them up (their rows are
one document each).

Bars: every way's loss within 0.5 % of the plainest (3 % in 8 bits); ours no slower than a peer.
Without a GPU there is nothing to measure, and the result says so.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from auroram.model.attention import set_attention
from auroram.model.speed import product_speed
from auroram.tokens.packing import Batch
from auroram.train.compilation import compile_layers
from auroram.train.data import MicroBatch
from auroram.train.facts import operations
from auroram.train.float8 import fault_of_device, multiply_in_8_bits
from auroram.train.forward import batch_nats
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.optimizer_settings import AdamW
from auroram.train.ranks.pipeline_cut import decoder_layers
from auroram.train.recompute import recompute_layers
from auroram.train.step import gradients, move
from support.tiny_models import LARGE, SHAPES, random_model

SECONDS = 5
"""Without a GPU; with one, two minutes."""
WARM_UP = 3
DOCUMENTS = 4
"""In each row, of unlike lengths."""
WAYS = {
    "blocked": ("blocked", ()),
    "sdpa": ("sdpa", ()),
    "flex": ("flex", ()),
    "varlen": ("varlen", ()),
    "flex, compiled": ("flex", ("compile",)),
    "varlen, compiled": ("varlen", ("compile",)),
    "varlen, compiled, computed again": ("varlen", ("compile", "recompute")),
    "varlen, in 8 bits": ("varlen", ("float8",)),
    "varlen, in 8 bits, compiled": ("varlen", ("float8", "compile")),
}
LIKENESS, LIKENESS_IN_8_BITS = 0.005, 0.03


def main() -> int:
    """A line for each way; exit code 1 where a bar is missed."""
    asked = arguments()
    if not torch.cuda.is_available():
        print("RESULT", json.dumps({"benchmark": "gpu", "missed": [], "skipped": "no GPU"}))
        return 0
    peak = product_speed("bfloat16", "cuda")
    print(f"{torch.cuda.get_device_name()}: {peak.operations_per_second / 1e12:.0f} TFLOP/s")
    figures = {}
    for name in asked.ways:
        figures[name] = measured(asked, *WAYS[name])
        tell(name, figures[name])
    for peer in asked.against if asked.peer else ():
        figures[peer] = peer_measured(asked, peer)
        tell(peer, figures[peer])
    missed = list(misses(figures, asked.ways))
    told = {"benchmark": "gpu", "missed": missed, "figures": figures}
    told |= {"device": torch.cuda.get_device_name(), "peak": peak.operations_per_second}
    told |= {"shape": asked.shape, "rows": asked.rows, "length": asked.length}
    print("RESULT", json.dumps(told))
    return int(bool(missed))


def arguments():
    """What the command line asks for."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--shape", choices=SHAPES | LARGE, default="135M")
    reader.add_argument("--rows", type=int, default=16)
    reader.add_argument("--length", type=int, default=2048)
    reader.add_argument("--steps", type=int, default=12)
    reader.add_argument("--ways", choices=WAYS, nargs="*", default=[*WAYS])
    reader.add_argument("--peer", help="python with transformers, accelerate and litgpt")
    reader.add_argument("--against", nargs="*", default=["trainer", "litgpt"])
    reader.add_argument("--profile", action="store_true", help="say where the time of a step goes")
    return reader.parse_args()


def measured(asked, attention, options):
    """Medians of the steps of one way."""
    if "float8" in options and (fault := fault_of_device("cuda")):
        return {"left out": fault}
    torch.compiler.reset()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    with torch.device("cuda"):
        model = random_model((SHAPES | LARGE)[asked.shape])
    set_attention(model, attention)
    layers = decoder_layers(model)
    if "float8" in options:
        multiply_in_8_bits(layers)
    if "compile" in options:
        compile_layers(layers)
    if "recompute" in options:
        recompute_layers(layers)
    weights, draw = list(model.parameters()), np.random.default_rng(1)
    optimizer = optimizer_of(AdamW(), [Group(weights)])
    seconds, losses = [], []

    def step():
        """A step of one micro-batch, as a stage takes it."""
        part = drawn(model.config.vocab_size, asked.rows, asked.length, draw)
        torch.cuda.synchronize()
        began = time.perf_counter()
        report = gradients(
            weights,
            [part],
            nats_of=lambda one: batch_nats(
                model, one.batch, precision="bfloat16", compiled="compile" in options
            ),
            highest_norm=1.0,
        )
        move(optimizer, learning_rate=1e-4)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - began)
        losses.append(report.loss)

    for _ in range(WARM_UP + asked.steps):
        step()
    if asked.profile:
        profiled(step)
    tokens = asked.rows * asked.length
    took = statistics.median(seconds[WARM_UP : WARM_UP + asked.steps])
    peak = product_speed("bfloat16", "cuda").operations_per_second
    return {
        "tokens a second": tokens / took,
        "share of peak": operations(model, tokens, asked.length) / took / peak,
        "gigabytes": torch.cuda.max_memory_allocated() / 1e9,
        "seconds of the first step": seconds[0],
        "loss": statistics.mean(losses[: WARM_UP + asked.steps]),
    }


def drawn(vocabulary, rows, length, draw):
    """A micro-batch of random tokens in rows of several documents."""
    tokens = draw.integers(vocabulary, size=(rows, length))
    cuts = np.sort(draw.integers(1, length, size=(rows, DOCUMENTS - 1)), 1)
    places = np.arange(length)
    documents = (places[None, :, None] >= cuts[:, None]).sum(2)
    begins = np.where(documents[:, 1:] != documents[:, :-1], places[1:], 0)
    starts = np.maximum.accumulate(np.pad(begins, ((0, 0), (1, 0))), 1)
    batch = Batch(
        tokens_BT=tokens,
        targets_BT=tokens,
        position_ids_BT=places - starts,
        document_ids_BT=documents,
    )
    return MicroBatch(batch=batch, domains=("en",) * rows)


def profiled(step):
    """Print the kernels that take most of a step."""
    kinds = [torch.profiler.ProfilerActivity.CUDA, torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=kinds) as seen:
        step()
    table = seen.key_averages().table(sort_by="self_cuda_time_total", row_limit=16)
    narrow = [" ".join((line[:60], *line.split()[-9:])) for line in table.splitlines()]
    print("\n".join(narrow))


def peer_measured(asked, peer):
    """Medians of the steps of Trainer or litgpt, in an environment of its own."""
    shape = (SHAPES | LARGE)[asked.shape]
    task = {"peer": peer, "shape": shape, "rows": asked.rows, "length": asked.length}
    task |= {"threads": 8, "allocator": "", "compile": True, "float32": False, "device": "cuda"}
    script = Path(__file__).parent / "support" / "training_peer.py"
    with subprocess.Popen(
        (asked.peer, str(script), json.dumps(task)), text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as worker:  # fmt: skip
        turns = []
        for _ in range(WARM_UP + asked.steps + 1):
            worker.stdin.write("go\n")
            if not (line := worker.stdout.readline()):
                return {"left out": "it ended before its turn"}
            turns.append(json.loads(line))
        worker.stdin.close()
    took = statistics.median(turn["wall"] for turn in turns[WARM_UP + 1 :])
    return {
        "tokens a second": asked.rows * asked.length / took,
        "gigabytes": turns[-1]["gpu"] / 1e9,
        "seconds of the first step": turns[0]["wall"],
    }


def tell(name, figures):
    """A line that a person reads."""
    each = (f"{k} {v:,.4g}" if isinstance(v, float) else f"{k}: {v}" for k, v in figures.items())
    print(f"{name}: {', '.join(each)}", flush=True)


def misses(figures, ways):
    """The bars that do not hold."""
    plain = figures[ways[0]]["loss"]
    for name in ways:
        allowed = LIKENESS_IN_8_BITS if "8 bits" in name else LIKENESS
        if "loss" in figures[name] and abs(figures[name]["loss"] / plain - 1) > allowed:
            yield f"{name}: loss"
    speeds = {name: one.get("tokens a second", 0.0) for name, one in figures.items()}
    fastest = max((speeds[name] for name in ways if "8 bits" not in name), default=0.0)
    for peer in speeds.keys() - set(ways):
        if speeds[peer] > fastest:
            yield f"{peer} is faster"


if __name__ == "__main__":
    sys.exit(main())
