"""Training against transformers' Trainer and litgpt: python benchmarks/training.py --peer PYTHON.

    python benchmarks/training.py --peer PYTHON [--shape 10M] [--threads 1] [--rounds 5] [--eager]
        [--compiled] [--float32] [--against trainer] [--allocator theirs]

PYTHON is that of an environment of its own with `transformers accelerate litgpt`. The same model,
tokens, batch and AdamW over float32 weights, in bfloat16; each peer as its documentation sets it up
and once more with our settings of the allocator. Ours and one peer at a time take a step in turn,
so that both meet the same neighbours. Stated are medians, tokens a CPU-second.

Bars, by shape and number of threads: 1.4 times Trainer, 1.25 times litgpt, 1.15 times either with
our allocator; peak memory no higher; 72 % of what bfloat16 products of matrices reach here.

Without --peer only our own share of the peak is measured. --eager keeps litgpt from compiling,
which takes minutes; it is then not as its documentation sets it up, and the result says so.
--compiled compiles our layers, as a long stage does by itself.
--float32 lets the peers compute in float32, as whoever knows that a processor has no bfloat16 sets
them up; ours does by itself there.
--against and --allocator leave out the other peer, or the other setting of the allocator.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

from auroram.model.precision import precision_of
from auroram.train import allocator
from auroram.train.compilation import compile_layers
from auroram.train.data import MicroBatch
from auroram.train.facts import operations
from auroram.train.forward import batch_nats
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.optimizer_settings import AdamW
from auroram.train.ranks.pipeline_cut import decoder_layers
from auroram.train.step import gradients, move
from support.rows import rows_of_tokens
from support.tiny_models import SHAPES, random_model

SECONDS = 100
LENGTH, ROWS = 512, {"10M": 8, "30M": 4, "135M": 2}
"""A step is one micro-batch of so many rows, for ours as for the peers."""
WARM_UP = 2
PEAK, PRODUCTS = 0.72, ((2048, 2048, 2048), (4096, 512, 1376), (4096, 576, 1536))
SPEED = {"trainer": 1.4, "litgpt": 1.25}
SPEED_WITH_ALLOCATOR = 1.15
ALLOCATORS = {"theirs": (False,), "ours": (True,), "both": (False, True)}


def main() -> int:
    """One line a bar; exit code 1 where one is missed."""
    asked = arguments()
    figures, bars = {}, {}
    for peer in asked.against if asked.peer else (None,):
        for ours_too in ALLOCATORS[asked.allocator] if peer else (False,):
            name = f"{peer or 'alone'}{' with our allocator' if ours_too else ''}"
            measured = against(asked, peer, ours_too)
            figures[name] = measured
            if peer:
                bar = SPEED_WITH_ALLOCATOR if ours_too else SPEED[peer]
                bars[f"times {name}"] = (measured["ratio"], bar)
                if not ours_too:
                    bars[f"{peer}'s memory by ours"] = (measured["memory"], 1.0)
    share = statistics.median(one["share of peak"] for one in figures.values())
    bars["share of the peak"] = (share, PEAK)
    for name, (value, bar) in bars.items():
        verdict = "met   " if value >= bar else "MISSED"
        print(f"{verdict}  {asked.shape}, {asked.threads} threads, {name}: {value:.2f} (bar {bar})")
    missed = [name for name, (value, bar) in bars.items() if value < bar]
    told = {"benchmark": "training", "shape": asked.shape, "threads": asked.threads}
    told |= {"compiled": asked.compiled, "litgpt compiled": not asked.eager}
    told |= {"peers in float32": asked.float32}
    told |= {"missed": missed, "figures": figures}
    print("RESULT", json.dumps(told))
    return int(bool(missed))


def arguments():
    """What the command line asks for."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--peer", help="python with transformers, accelerate and litgpt")
    reader.add_argument("--shape", choices=SHAPES, default="10M")
    reader.add_argument("--threads", type=int, default=1)
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--against", choices=SPEED, nargs="*", default=[*SPEED])
    reader.add_argument("--allocator", choices=ALLOCATORS, default="both")
    reader.add_argument("--eager", action="store_true", help="do not let litgpt compile")
    reader.add_argument("--compiled", action="store_true", help="compile our layers")
    reader.add_argument("--float32", action="store_true", help="let the peers compute in float32")
    return reader.parse_args()


def against(asked, peer, with_allocator):
    """Ours, and beside it a peer where one is named, in turns."""
    task = {
        "peer": peer,
        "shape": SHAPES[asked.shape],
        "rows": ROWS[asked.shape],
        "length": LENGTH,
        "threads": asked.threads,
        "allocator": allocator.__file__ if with_allocator else "",
        "compile": not asked.eager,
        "float32": asked.float32,
        "device": "cpu",
    }
    own = ["worker", asked.shape, str(asked.threads), *(["compiled"] if asked.compiled else [])]
    workers = {"ours": started(sys.executable, __file__, *own)}
    if peer:
        script = str(Path(__file__).parent / "support" / "training_peer.py")
        workers["theirs"] = started(asked.peer, script, json.dumps(task))
    turns = {name: [] for name in workers}
    for turn in range(WARM_UP + asked.rounds):
        for name, worker in workers.items():
            answer = take_turn(worker)
            if turn >= WARM_UP:
                turns[name].append(answer)
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()
    return summary(turns, ROWS[asked.shape] * LENGTH)


def started(*command):
    """A worker that waits for its turn."""
    return subprocess.Popen(
        command, text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def take_turn(worker):
    """Let a worker take a step, and read what it took."""
    worker.stdin.write("go\n")
    line = worker.stdout.readline()
    if not line:
        raise SystemExit("a worker ended before its turn; run its command by hand to see why")
    return json.loads(line)


def summary(turns, tokens):
    """Medians a step, ratios, and our share of the peak."""
    told = {
        name: {
            "tokens a CPU-second": tokens / statistics.median(turn["cpu"] for turn in taken),
            "tokens a second": tokens / statistics.median(turn["wall"] for turn in taken),
            "peak bytes": max(turn["rss"] for turn in taken),
        }
        for name, taken in turns.items()
    }
    ours = told["ours"]
    speeds = [turn["operations"] / turn["cpu"] for turn in turns["ours"]]
    peaks = [turn["peak"] for turn in turns["ours"]]
    told["share of peak"] = statistics.median(speeds) / max(peaks)
    told["peak operations a CPU-second"] = max(peaks)
    if theirs := told.get("theirs"):
        told["ratio"] = ours["tokens a CPU-second"] / theirs["tokens a CPU-second"]
        told["memory"] = theirs["peak bytes"] / ours["peak bytes"]
    return told


def worker(shape, threads, how="as written"):
    """Our side: a step and a look at the peak for each line on standard input."""
    allocator.keep_memory()
    torch.set_num_threads(int(threads))
    model = random_model(SHAPES[shape])
    if how == "compiled":
        compile_layers(decoder_layers(model))
    weights = list(model.parameters())
    optimizer = optimizer_of(AdamW(), [Group(weights)])
    rows, draw = ROWS[shape], torch.Generator().manual_seed(1)
    tokens = rows * LENGTH
    for _ in sys.stdin:
        batch = rows_of_tokens(model.config.vocab_size, rows, LENGTH, draw)
        cpu, wall = time.process_time(), time.perf_counter()
        one_step(model, weights, optimizer, MicroBatch(batch=batch, domains=("en",) * rows))
        took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        told = {"rss": largest(), "operations": operations(model, tokens, LENGTH), "peak": peak()}
        print(json.dumps(took | told), flush=True)


def one_step(model, weights, optimizer, part):
    """As a stage takes it."""
    gradients(
        weights,
        [part],
        nats_of=lambda part: batch_nats(model, part.batch, precision=precision_of("fastest")),
        highest_norm=1.0,
    )
    move(optimizer, learning_rate=1e-4)


def peak():
    """Operations a CPU-second of the fastest of some products, in the type that a step uses."""
    best, dtype = 0.0, getattr(torch, precision_of("fastest"))
    for left, inner, right in PRODUCTS:
        one = torch.ones(left, inner, dtype=dtype)
        other = torch.ones(inner, right, dtype=dtype)
        for _ in range(2):
            began = time.process_time()
            one @ other
            took = time.process_time() - began
            best = max(best, 2 * left * inner * right / took)
    return best


def largest():
    """Largest resident size of this process so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        sys.exit(worker(*sys.argv[2:]))
    sys.exit(main())
