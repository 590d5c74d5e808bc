"""Whether reading rows ever holds training up: python benchmarks/data_loading.py.

Two bars:

- a stage over 10 billion tokens (a sparse file of 20 million documents) gives its first step's rows
  within 2 s, in a fresh process that grows by at most 200 MB;
- a training step of the smallest model of the benchmarks (10M parameters) takes at most 1 % longer
  with the real loader than with rows that are at hand: the loader's time by the step's.

Opening is O(domains), a row O(log documents), whatever the number of tokens.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from auroram.model.precision import precision_of
from auroram.records.mixture import Mixture, Phase
from auroram.records.shards import HEADER, MAGIC, VERSION, shard_prefix
from auroram.tokens.schedule import Schedule
from auroram.train.data import Domains, Stream
from auroram.train.forward import batch_nats
from support.rows import rows_of_tokens
from support.tiny_models import SHAPES, random_model

SECONDS = 30
TOKENS, DOCUMENTS = 10_000_000_000, 20_000_000
LENGTH, ROWS_A_STEP = 512, 8
START_SECONDS, START_BYTES, LOADER_SHARE = 2.0, 200e6, 0.01


def main() -> int:
    """Measure both bars; exit code 1 where one is missed."""
    with tempfile.TemporaryDirectory() as folder:
        write_sparse_shard(shard_prefix(Path(folder), "train", "en"))
        command = [sys.executable, __file__, "start", folder]
        start = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        loader = loader_seconds(opened(Path(folder)))
    step = step_seconds()
    bars = {
        "seconds to the first rows": (start["seconds"], START_SECONDS),
        "bytes to the first rows": (start["bytes"], START_BYTES),
        "loader by training step": (loader / step, LOADER_SHARE),
    }
    for name, (value, bar) in bars.items():
        print(f"{'met   ' if value <= bar else 'MISSED'}  {name}: {value:.4g} (bar {bar:g})")
    tokens = LENGTH * ROWS_A_STEP
    figures = {name: value for name, (value, _) in bars.items()}
    figures |= {"loader tokens/s": tokens / loader, "training tokens/s": tokens / step}
    missed = [name for name, (value, bar) in bars.items() if value > bar]
    result = {"benchmark": "data_loading", "missed": missed, "figures": figures}
    print("RESULT", json.dumps(result))
    return int(bool(missed))


def write_sparse_shard(prefix):
    """A shard of equal documents whose tokens are holes in a file: 480 MB of index on the disk."""
    prefix.parent.mkdir(parents=True)
    with prefix.with_suffix(".bin").open("wb") as tokens:
        tokens.truncate(2 * TOKENS)
    size = TOKENS // DOCUMENTS
    with prefix.with_suffix(".idx").open("wb") as index:
        index.write(MAGIC + HEADER.pack(VERSION, 8, DOCUMENTS, DOCUMENTS + 1))
        np.full(DOCUMENTS, size, np.int32).tofile(index)
        np.arange(0, 2 * TOKENS, 2 * size, dtype=np.int64).tofile(index)
        np.arange(DOCUMENTS + 1, dtype=np.int64).tofile(index)


def opened(folder):
    """The stream of a stage that reads all of the tokens once."""
    domains = Domains.open(folder, "train", ["en"], length=LENGTH)
    rows = {domain: one.count for domain, one in domains.rows.items()}
    mixture = Mixture(phases=(Phase(weights={"en": 1}),), replay=0.0)
    schedule = Schedule.of(mixture, samples=rows["en"], rows=rows, seed=1)
    return Stream(domains=domains, schedule=schedule, rows_a_step=ROWS_A_STEP, rows_a_micro_batch=2)


def start(folder):
    """In a fresh process: what it takes from the files to the rows of the first step."""
    before, started = resident_bytes(), time.perf_counter()
    list(opened(Path(folder)).micro_batches(0))
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "bytes": resident_bytes() - before}))


def resident_bytes():
    """Largest resident size of this process so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def loader_seconds(stream, steps=60):
    """Processor time of the rows of a step; the median, from all over the shard."""
    times = []
    for step in range(steps):
        started = time.process_time()
        list(stream.micro_batches(step))
        times.append(time.process_time() - started)
    return statistics.median(times)


def step_seconds(steps=3):
    """Processor time of forward and backward of a step's rows, by the fastest of some."""
    model, precision, times = random_model(SHAPES["10M"]), precision_of("fastest"), []
    batch = rows_of_tokens(model.config.vocab_size, 2, LENGTH)
    for _ in range(steps):
        started = time.process_time()
        for _ in range(ROWS_A_STEP // 2):
            batch_nats(model, batch, precision=precision).backward()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    if sys.argv[1:2] == ["start"]:
        sys.exit(start(sys.argv[2]))
    sys.exit(main())
