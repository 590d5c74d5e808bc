"""Models are merged from disk to disk, and swept between a base and what was trained from it."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from auroram.errors import ConfigError, DataError
from auroram.model.folder import load_model, save_model
from auroram.ports import Silent
from auroram.records.files import sha256_of
from auroram.train import merge_stage, merge_sweep
from auroram.train.merge_settings import Dare, MergeModels, MergeSweep, Slerp, Ties
from auroram.train.parts import Merge
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run
from auroram.train.validation import validation_losses


@pytest.fixture
def trained(tmp_path, tiny_model, training_inputs):
    """Inputs with a model `cap` that lies beside the base by chance."""
    model = load_model(tiny_model)
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.01)
    save_model(model, tokenizer_from=tiny_model, folder=tmp_path / "cap" / "model")
    return training_inputs("merged", cap=tmp_path / "cap")


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def weights(folder):
    return load_file(folder / "model" / "model.safetensors")


def test_the_merged_folder_is_the_one_that_a_loaded_model_would_be_saved_as(tmp_path, trained):
    merge_stage.run(MergeModels(models={"base": 1.0, "cap": 3.0}), trained, tmp_path / "out")
    base, cap, merged = map(weights, (trained.folder("base"), tmp_path / "cap", tmp_path / "out"))
    for name in base:
        torch.testing.assert_close(merged[name], torch.lerp(base[name], cap[name], 0.75))
    model = load_model(tmp_path / "out" / "model")
    save_model(model, tokenizer_from=tmp_path / "out" / "model", folder=tmp_path / "again")
    for file in (tmp_path / "again").iterdir():
        assert sha256_of(file) == sha256_of(tmp_path / "out" / "model" / file.name), file.name


def test_a_model_in_shards_is_read_as_one_in_a_single_file(tmp_path, trained):
    settings = MergeModels(models={"cap": 1.0}, method=Ties(density=0.5))
    merge_stage.run(settings, trained, tmp_path / "whole")
    tensors, folder = weights(tmp_path / "cap"), tmp_path / "cap" / "model"
    names = sorted(tensors)
    for part, held in enumerate((names[:5], names[5:]), 1):
        shard = folder / f"model-0000{part}-of-00002.safetensors"
        save_file({name: tensors[name] for name in held}, shard)
    (folder / "model.safetensors").unlink()
    merge_stage.run(settings, trained, tmp_path / "sharded")
    file = "model/model.safetensors"
    assert sha256_of(tmp_path / "whole" / file) == sha256_of(tmp_path / "sharded" / file)


@pytest.mark.parametrize("bare", ["base", "cap"])
def test_a_folder_saved_without_its_model_s_prefix_is_merged_as_one_with_it(
    tmp_path, trained, training_inputs, tiny_training, bare
):
    settings = MergeModels(models={"base": 1.0, "cap": 3.0})
    merge_stage.run(settings, trained, tmp_path / "named")
    folders = {
        name: shutil.copytree(trained.folder(name), tmp_path / f"{name}-2")
        for name in ("base", "cap")
    }
    tensors = weights(folders[bare])
    save_file(
        {name.removeprefix("model."): tensor for name, tensor in tensors.items()},
        folders[bare] / "model" / "model.safetensors",
    )
    inputs = training_inputs("merged", **folders)
    merge_stage.run(settings, inputs, tmp_path / "bare")
    file = "model/model.safetensors"
    assert sha256_of(tmp_path / "bare" / file) == sha256_of(tmp_path / "named" / file)
    ended = run(tiny_training(model=bare, merge=Merge(base=bare)), inputs, tmp_path / "cat")
    assert ended.facts["drift"].keys() == {"attention", "embeddings", "feed-forward", "norms"}


def test_chance_is_the_same_each_time_and_another_for_each_tensor(tmp_path, trained):
    settings = MergeModels(models={"cap": 1.0}, method=Dare(density=0.5))
    for place in ("once", "again"):
        merge_stage.run(settings, trained, tmp_path / place)
    once, again, base = map(
        weights, (tmp_path / "once", tmp_path / "again", trained.folder("base"))
    )
    assert all(torch.equal(once[name], again[name]) for name in once)
    kept = [once[name] != base[name] for name in base if name.endswith("gate_proj.weight")]
    assert not torch.equal(*kept)


def test_what_is_trained_from_a_merge_reads_on_after_its_models(
    tmp_path, training_inputs, tiny_training
):
    run(tiny_training(budget_tokens=1024), training_inputs("cap"), tmp_path / "cap")
    inputs = training_inputs("merged", cap=tmp_path / "cap")
    merge_stage.run(MergeModels(models={"base": 1.0, "cap": 1.0}), inputs, tmp_path / "merged")
    positions = [(tmp_path / name / "position.json").read_text() for name in ("cap", "merged")]
    assert positions[0] == positions[1]


def test_models_of_another_shape_are_refused_before_anything_is_written(tmp_path, trained):
    file = tmp_path / "cap" / "model" / "model.safetensors"
    save_file({**load_file(file), "model.norm.weight": torch.ones(3)}, file)
    with pytest.raises(DataError, match=r"no model.norm.weight of shape \(64,\) \(\(3,\) there\)"):
        merge_stage.run(MergeModels(models={"cap": 1.0}), trained, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_models_that_read_other_tokens_are_refused(tmp_path, trained):
    file = tmp_path / "cap" / "model" / "tokenizer.json"
    file.write_text(file.read_text() + "\n")
    with pytest.raises(DataError, match=r"stages.merged.models.cap: its tokenizer is not"):
        merge_stage.run(MergeModels(models={"cap": 1.0}), trained, tmp_path / "out")


@pytest.mark.parametrize("models", [{"cap": 1.5}, {"cap": 0.5, "cat": 0.5}])
def test_the_arc_leads_to_one_model(models):
    with pytest.raises(ValueError, match="slerp goes from the base to one model"):
        MergeModels(models=models, method=Slerp())


def test_a_sweep_begins_at_the_base_and_ends_at_the_trained_model(
    tmp_path, training_inputs, tiny_training
):
    training = tiny_training(schedule=WarmupStableDecay(peak=3e-3))
    run(training, training_inputs("cap"), tmp_path / "cap")
    inputs = training_inputs("sweep", cap=tmp_path / "cap")
    settings = MergeSweep(
        model="cap", tokens="tokens", shares=(0.0, 0.5, 1.0), rows=2, sequence_tokens=128
    )
    outcome = merge_sweep.run(settings, inputs, tmp_path / "sweep")
    table = lines(tmp_path / "sweep" / "sweep.jsonl")
    curve = {(one["domain"], one["share"]): one["nats_per_token"] for one in table}
    logged = lines(tmp_path / "cap" / "validation.jsonl")
    trained = {(one["domain"], one["step"] / 8): one["loss"] for one in logged}
    for point in (("fi", 0.0), ("fi", 1.0), ("en", 1.0)):
        assert curve[point] == pytest.approx(trained[point], rel=1e-5)
    assert curve["fi", 1.0] < curve["fi", 0.5] < curve["fi", 0.0]
    assert {one.measure for one in outcome.measurements} == {"merged_bits_per_byte", "merged_loss"}


def test_a_sweep_that_was_stopped_goes_on_with_the_next_share(tmp_path, trained, monkeypatch):
    class Stops(Silent):
        def advance(self, units, **figures):  # noqa: ARG002
            raise KeyboardInterrupt

    settings = MergeSweep(
        model="cap", tokens="tokens", shares=(0.0, 1.0), rows=1, sequence_tokens=128
    )
    whole = merge_sweep.run(settings, trained, tmp_path / "whole")
    measured = []
    monkeypatch.setattr(
        merge_sweep,
        "validation_losses",
        lambda *about, **more: measured.append(1) or validation_losses(*about, **more),
    )
    kept = replace(trained, key="one")
    with pytest.raises(KeyboardInterrupt):
        merge_sweep.run(settings, replace(kept, progress=Stops()), tmp_path / "out")
    assert merge_sweep.run(settings, kept, tmp_path / "out") == whole
    assert len(measured) == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sweep.jsonl"]


def test_a_sweep_measures_no_model_of_another_tokenizer(tmp_path, trained):
    folder = tmp_path / "cap" / "model"
    shutil.copyfile(folder / "tokenizer.json", tmp_path / "kept")
    (folder / "tokenizer.json").write_text((tmp_path / "kept").read_text() + "\n")
    with pytest.raises(DataError, match="tokenizer"):
        merge_sweep.run(MergeSweep(model="cap", tokens="tokens"), trained, tmp_path / "out")


def test_a_sweep_of_rows_longer_than_the_positions_is_refused(tmp_path, trained):
    settings = MergeSweep(model="cap", tokens="tokens", sequence_tokens=2048)
    with pytest.raises(ConfigError, match="1024 positions"):
        merge_sweep.run(settings, trained, tmp_path / "out")


def test_a_sweep_from_a_base_whose_weights_have_other_names_is_refused_in_words(
    tmp_path, tiny_model, trained, training_inputs
):
    shutil.copytree(tiny_model, tmp_path / "old" / "model")
    file = tmp_path / "old" / "model" / "model.safetensors"
    named = {name.replace("model.", "net."): tensor for name, tensor in load_file(file).items()}
    save_file(named, file, metadata={"format": "pt"})
    settings = MergeSweep(base="old", model="cap", tokens="tokens", sequence_tokens=128)
    inputs = training_inputs("sweep", cap=trained.folder("cap"), old=tmp_path / "old")
    with pytest.raises(DataError, match=r"old/model: 21 weights are missing \("):
        merge_sweep.run(settings, inputs, tmp_path / "out")
