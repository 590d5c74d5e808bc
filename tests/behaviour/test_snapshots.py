"""A training stage keeps models on its way, and is not disturbed by it."""

import pytest
import torch
from safetensors.torch import load_file

from auroram.errors import ConfigError
from auroram.model.folder import load_model
from auroram.records.snapshots import snapshots
from auroram.train.parts import Ema, LowRank, Merge, Selection, Snapshots
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run

KEPT = Snapshots(every_tokens=1024)
CONSTANT = WarmupStableDecay(peak=1e-3, warmup=0.0, decay=0.0)


def test_models_are_kept_every_so_many_tokens(training_inputs, tiny_training, tmp_path):
    run(tiny_training(snapshots=KEPT), training_inputs(), tmp_path)
    assert [*snapshots(tmp_path)] == [1024, 2048, 3072]
    for folder in snapshots(tmp_path).values():
        load_model(folder)


def test_keeping_them_changes_nothing(training_inputs, tiny_training, tmp_path):
    run(tiny_training(snapshots=KEPT), training_inputs(), tmp_path / "with")
    run(tiny_training(), training_inputs(), tmp_path / "without")
    for file in ("model/model.safetensors", "training.jsonl"):
        assert (tmp_path / "with" / file).read_bytes() == (tmp_path / "without" / file).read_bytes()


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"ema": Ema(decay=0.5)},
        {"merge": Merge(share=0.5)},
        {"low_rank": LowRank(rank=4), "merge": Merge(share=0.7)},
        {"low_rank": LowRank(rank=4), "trains": Selection(embeddings=False)},
    ],
)
def test_a_snapshot_is_the_model_of_a_stage_that_ended_there(
    training_inputs, tiny_training, tmp_path, how
):
    long = tiny_training(snapshots=KEPT, schedule=CONSTANT, **how)
    run(long, training_inputs(), tmp_path / "long")
    run(
        tiny_training(budget_tokens=2048, schedule=CONSTANT, **how),
        training_inputs(),
        tmp_path / "short",
    )
    kept = load_file(snapshots(tmp_path / "long")[2048] / "model.safetensors")
    ended = load_file(tmp_path / "short" / "model" / "model.safetensors")
    assert kept.keys() == ended.keys()
    for name, tensor in ended.items():
        assert torch.equal(kept[name], tensor.bfloat16())


def test_several_ranks_keep_none(training_inputs, tiny_training, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="snapshots: for one process"):
        run(tiny_training(snapshots=KEPT), training_inputs(), tmp_path)
