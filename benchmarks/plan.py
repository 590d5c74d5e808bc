"""Whether `auroram plan` tells the memory of training: python benchmarks/plan.py [--large].

Random decoders of 10M and 30M parameters (135M with `--large`) train for two steps, each in a fresh
process that has done a step of a tiny model before, so that libraries have what they take. Bar: the
plan, without the process, lies within 10 % of the growth of the largest resident size.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from transformers import LlamaForCausalLM

from auroram.model.attention import set_attention
from auroram.pipeline.plan_memory import selected, shape_of, stage_memory
from auroram.records.mixture import Mixture, Phase
from auroram.train.allocator import keep_memory
from auroram.train.forward import batch_nats
from auroram.train.low_rank import attach
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.parts import LowRank, Selection
from auroram.train.ranks.distributed import Degrees
from auroram.train.selection import select
from auroram.train.settings import Train
from auroram.train.step import move
from auroram.train.thin import hasten
from support.rows import rows_of_tokens
from support.tiny_models import SHAPES, config_of, random_model

SECONDS = 120
BAR = 0.10
KINDS = {
    "float32": {"precision": "float32"},
    "bfloat16": {"precision": "bfloat16"},
    "thin": {"precision": "bfloat16", "low_rank": LowRank(rank=16)},
    "upper": {"precision": "float32", "trains": Selection(layers="4-6", embeddings=False)},
}


def main() -> int:
    """One line a shape and kind; exit code 1 where one is off by more than the bar."""
    shapes = [name for name in SHAPES if name != "135M" or "--large" in sys.argv]
    off = {}
    for shape in shapes:
        for kind in KINDS:
            command = [sys.executable, __file__, "measure", shape, kind]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            took, planned = json.loads(done.stdout), planned_bytes(shape, kind)
            off[f"{shape} {kind}"] = planned / took - 1
            verdict = "met   " if abs(planned / took - 1) <= BAR else "MISSED"
            print(
                f"{verdict}  {shape} {kind}: planned {planned / 1e6:.0f} MB, "
                f"measured {took / 1e6:.0f} MB ({planned / took - 1:+.1%})",
                flush=True,
            )
    missed = [name for name, part in off.items() if abs(part) > BAR]
    figures = {name: round(part, 4) for name, part in off.items()}
    print("RESULT", json.dumps({"benchmark": "plan", "missed": missed, "figures": figures}))
    return int(bool(missed))


def stage_of(kind):
    """A stage of four micro-batches a step."""
    mixture = Mixture(phases=(Phase(weights={"en": 1}),), replay=0.0)
    budget = {"budget_tokens": 8192, "batch_tokens": 4096, "micro_batch_tokens": 1024}
    return Train(model="base", tokens="tokens", mixture=mixture, **budget, **KINDS[kind])


def planned_bytes(shape, kind):
    """What the plan says."""
    with tempfile.TemporaryDirectory() as folder:
        config_of(SHAPES[shape]).save_pretrained(folder)
        stage = stage_of(kind)
        with shape_of(Path(folder)) as model:
            return stage_memory(stage, model, selected(stage, model), Degrees(), process=0).total


def measure(shape, kind):
    """In a fresh process: by how much the largest resident size grows over two steps."""
    keep_memory()
    stage = stage_of(kind)
    warm_up(stage)
    before = status_bytes("VmRSS:")
    Path("/proc/self/clear_refs").write_text("5")
    model = random_model(SHAPES[shape])
    optimizer = prepared(stage, model)
    for _ in range(2):
        take_step(stage, model, optimizer)
    print(status_bytes("VmHWM:") - before)


def warm_up(stage):
    """A step of a model of no size: what it frees must not serve the real one."""
    config = config_of(SHAPES["10M"] | {"hidden_size": 32, "intermediate_size": 32, "layers": 1})
    config.vocab_size, config.head_dim = 64, 8
    model = LlamaForCausalLM(config).eval()
    set_attention(model, "blocked")
    small = replace(stage, sequence_tokens=64, batch_tokens=128, micro_batch_tokens=128)
    take_step(small, model, optimizer_of(stage.optimizer, [Group(list(model.parameters()))]))


def prepared(stage, model):
    """The optimizer of what trains, as a stage makes it."""
    weights = select(
        stage.trains, model, [model.get_input_embeddings(), model.get_output_embeddings()]
    )
    if stage.low_rank:
        rates = attach(stage.low_rank, model, weights, seed=0)
        hasten(model, stage.precision)
        weights = {name: p for name, p in model.named_parameters() if name in rates}
    return optimizer_of(stage.optimizer, [Group(weights.values())])


def take_step(stage, model, optimizer):
    """A step on random rows, each one document."""
    rows, length = stage.rows_a_micro_batch, stage.sequence_tokens
    for _ in range(stage.rows_a_step // rows):
        batch = rows_of_tokens(model.config.vocab_size, rows, length)
        batch_nats(model, batch, precision=stage.precision).backward()
    move(optimizer, learning_rate=1e-4)


def status_bytes(field):
    """A size that the kernel states of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        sys.exit(measure(*sys.argv[2:]))
    sys.exit(main())
