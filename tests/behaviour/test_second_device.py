"""Stages on a device whose tensors are not the processor's give what they give on a processor.

The device computes on the processor (`second_device`): what is held up to the light is that
nothing is mixed, and not the kernels of a GPU, which `test_gpu_training` tries where there is one.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from auroram.evaluate import stage as evaluate
from auroram.evaluate.probes import stage as probe
from auroram.evaluate.settings import Text
from auroram.model import speed
from auroram.model.endings import reads_branches
from auroram.model.folder import load_model
from auroram.ports import Inputs, Silent
from auroram.records.exchange import Exchange, write_exchanges
from auroram.safety import stage as safety
from auroram.train import merge_sweep
from auroram.train.optimizer_settings import Adafactor, Muon
from auroram.train.parts import Checkpoints, Distil, Ema, LowRank, Merge, Snapshots
from auroram.train.refusals.settings import Refusals
from auroram.train.stage import run
from second_device import second_device

SHORT = {"budget_tokens": 1536, "attention": "blocked", "precision": "float32"}
WAYS = {
    "averaged and merged": {"ema": Ema(decay=0.5), "merge": Merge(share=0.5)},
    "taught": {"distil": Distil(share=0.5), "attention": "sdpa"},
    "adafactor": {"optimizer": Adafactor()},
    "muon": {"optimizer": Muon()},
    "thin matrices": {"low_rank": LowRank(rank=2), "snapshots": Snapshots(every_tokens=512)},
    "computed again in bfloat16": {"recompute": True, "precision": "bfloat16"},
}


class Killed(BaseException):
    """Stands for a kill between two steps."""


class KilledAtSecondStep(Silent):
    """Progress that breaks off."""

    steps = 0

    def advance(self, _units, **_figures):
        self.steps += 1
        if self.steps == 2:
            raise Killed


@pytest.fixture(autouse=True)
def apart(monkeypatch):
    """A second device, of which nobody wants to know how fast it is."""
    monkeypatch.setitem(speed.SIZES, "cuda", 64)
    with second_device():
        yield


@pytest.fixture
def seed(tmp_path):
    """The folder of a stage with exchanges, and their requests beside the recipe as pairs."""
    exchanges = [
        Exchange(
            id=f"en-{kind}-{number}", domain="safety", language="en", kind=kind, concern="harm",
            request=f"May I {'break' if kind == 'harmful' else 'bake'} {number}?", answer=answer,
            template=f"frame-{number}", source="test", licence="Apache-2.0", reviewed=True,
        )
        for kind, answer in {"harmful": "No, ask a friend.", "benign": "Yes, like this."}.items()
        for number in range(4)
    ]  # fmt: skip
    for split in ("train", "test"):
        write_exchanges(tmp_path / "seed" / "exchanges" / f"{split}.jsonl", exchanges)
    return tmp_path / "seed"


@pytest.mark.parametrize("changes", WAYS.values(), ids=WAYS)
def test_training_ends_in_the_same_model(trained, changes):
    here, weights = trained("cpu", **SHORT | changes)
    there, others = trained("cuda", **SHORT | changes)
    assert there == pytest.approx(here, rel=1e-4)
    assert all(torch.allclose(weights[name], others[name], atol=1e-3) for name in weights)


@pytest.mark.parametrize("optimizer", [{}, {"optimizer": Adafactor()}, {"optimizer": Muon()}])
def test_a_resumed_stage_ends_in_the_same_bytes(
    tmp_path, training_inputs, tiny_training, optimizer
):
    inputs = replace(training_inputs(), device="cuda")
    settings = tiny_training(**SHORT, **optimizer, checkpoints=Checkpoints(every_steps=1))
    run(settings, inputs, tmp_path / "whole")
    with pytest.raises(Killed):
        run(settings, replace(inputs, progress=KilledAtSecondStep()), tmp_path / "again")
    run(settings, inputs, tmp_path / "again")
    whole, again = (tmp_path / n / "model" / "model.safetensors" for n in ("whole", "again"))
    assert whole.read_bytes() == again.read_bytes()


def test_refusals_are_settled_alike(tmp_path, training_inputs, tiny_training, seed):
    told = []
    for device in ("cpu", "cuda"):
        inputs = replace(training_inputs(seed=seed), device=device)
        refusals = Refusals(exchanges=("seed",), unchanged=0.0)
        settings = tiny_training(**SHORT, refusals=refusals)
        told.append(run(settings, inputs, tmp_path / device).facts["refusals"])
    assert told[1]["languages"] == told[0]["languages"]
    assert told[1]["divergence_on_text"] == pytest.approx(told[0]["divergence_on_text"], rel=1e-3)


def figures(outcome):
    return {(m.measure, m.stage, m.language, m.split): m.value for m in outcome.measurements}


@pytest.fixture
def measured(tmp_path, training_inputs, tiny_model, seed):
    """What a stage measures on each of both devices."""
    place = tmp_path / "corpus" / "documents" / "held-out"
    place.mkdir(parents=True)
    texts = [f"Kissa istuu {i} puussa ja katsoo, kun talvi tulee." for i in range(6)]
    table = pa.table({"id": [f"fi-{i}" for i in range(6)], "text": texts})
    pq.write_table(table, place / "fi.parquet")
    (tmp_path / "udhr.txt").write_text("\n".join(texts))
    others = {"cat": tiny_model.parent, "corpus": tmp_path / "corpus", "seed": seed}

    def make(stage, settings) -> list[dict]:
        inputs: Inputs = training_inputs(**others)
        return [
            figures(stage.run(settings, replace(inputs, device=one), tmp_path / f"out-{one}"))
            for one in ("cpu", "cuda")
        ]

    return make


STAGES = {
    "evaluate": (
        evaluate,
        evaluate.Evaluate(
            models=("base", "cat"), documents="corpus", samples={"fi": ("Mitä kuuluu?",)},
            texts={"udhr": Text(files={"fi": "udhr.txt"})}, continuations={"fi": ("Kissa",)},
            sample_tokens=4, context_tokens=128,
        ),
    ),
    "probe": (
        probe,
        probe.Probe(
            trained=("cat",), documents="corpus", exchanges="seed", choices=4, copies=4,
            continuations=4, continuation_tokens=4, context_tokens=256, upstream=(),
        ),
    ),
    "safety": (safety, safety.Safety(models=("base",), exchanges=("seed",), max_tokens=6)),
    "merge-sweep": (
        merge_sweep,
        merge_sweep.MergeSweep(
            model="cat", tokens="tokens", shares=(0.5,), rows=1, sequence_tokens=128,
            precision="float32", attention="blocked",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("stage", "settings"), STAGES.values(), ids=STAGES)
def test_figures_are_the_same(measured, stage, settings):
    here, there = measured(stage, settings)
    assert there == pytest.approx(here, rel=1e-3) and here


def test_endings_that_begin_alike_are_read_as_one_tree(tiny_model):
    assert reads_branches(load_model(tiny_model, "cuda"), 40, remembers=True)


MIXED = [
    "here + there",
    "torch.cat([there, here[0][None]])",
    "here.add_(there)",
    "here[there.long()]",
    "there.multinomial(1, generator=torch.Generator())",
    "torch.nn.Linear(3, 3)(there)",
    "torch.nn.Linear(3, 3).to('cuda')(here)",
]


@pytest.mark.parametrize("mixed", MIXED)
def test_what_lies_apart_does_not_mix(mixed):
    tensors = {"here": torch.ones(3), "there": torch.ones(3, device="cuda")}
    with pytest.raises(RuntimeError, match=r"same device|device type for generator"):
        eval(mixed, {"torch": torch, **tensors})


def test_numbers_and_indices_of_the_processor_may_be_used_there():
    there = torch.tensor([1.0, 2.0], device="cuda")
    there[torch.tensor([0])] *= torch.tensor(3.0)
    assert there.tolist() == [3.0, 2.0] and torch.zeros(2).copy_(there).sum() == 5
    with pytest.raises(TypeError, match=r"Use Tensor\.cpu\(\)"):
        there.numpy()


def test_what_is_tied_stays_tied_on_the_way_there_and_back():
    tied = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = weight = tied[0].weight
    tied.to("cuda")
    assert weight.is_cuda and tied[0].weight is tied[1].weight is weight
    tied.to("cpu")
    assert weight.is_cpu and tied[0].weight is tied[1].weight is weight
