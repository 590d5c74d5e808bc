"""Model folders: what is loaded, what is written, what is refused."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from auroram.errors import DataError
from auroram.model.folder import load_model, save_model
from auroram.records.files import sha256_of


def test_a_saved_model_is_the_same_to_plain_transformers(tiny_model, tmp_path):
    model = load_model(tiny_model)
    save_model(model, tokenizer_from=tiny_model, folder=tmp_path)
    tokens = torch.arange(3, 40)[None]
    plain = AutoModelForCausalLM.from_pretrained(tmp_path)
    ours, theirs = model(tokens, labels=tokens).loss, plain(tokens, labels=tokens).loss
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_the_same_weights_give_the_same_bytes(tiny_model, tmp_path):
    for name in ("one", "two"):
        save_model(load_model(tiny_model), tokenizer_from=tiny_model, folder=tmp_path / name)
    files = sorted(path.name for path in tiny_model.iterdir())
    assert files == sorted(path.name for path in (tmp_path / "one").iterdir())
    for name in files:
        assert sha256_of(tmp_path / "one" / name) == sha256_of(tmp_path / "two" / name)


def test_what_is_written_does_not_say_where_the_model_came_from(tiny_model, tmp_path):
    save_model(load_model(tiny_model), tokenizer_from=tiny_model, folder=tmp_path)
    assert str(tiny_model) not in (tmp_path / "config.json").read_text()


def broken(tiny_model, folder, change):
    shutil.copytree(tiny_model, folder)
    change(folder)
    return folder


def without_weights(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def with_torn_weights(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def with_a_weight_missing(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["model.norm.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def with_own_code(folder):
    table = json.loads((folder / "config.json").read_text())
    own = {"model_type": "mine", "auto_map": {"AutoModelForCausalLM": "mine.Model"}}
    (folder / "config.json").write_text(json.dumps(table | own))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_weights, "no safetensors"),
        (with_torn_weights, "cannot be loaded|can be loaded"),
        (with_a_weight_missing, r"1 weights are missing \(model\.norm"),
        (with_own_code, "'mine'"),
        (lambda folder: (folder / "config.json").unlink(), "not found"),
        (lambda folder: (folder / "config.json").write_text("{"), "not JSON"),
    ],
)
def test_a_folder_that_is_no_model_is_refused_in_one_line(tiny_model, tmp_path, change, words):
    with pytest.raises(DataError, match=words) as refusal:
        load_model(broken(tiny_model, tmp_path / "model", change))
    assert "\n" not in str(refusal.value)
