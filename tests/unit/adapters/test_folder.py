import pytest
from tiny_gguf import write_gguf

from auroram.adapters.folder import FolderModel
from auroram.adapters.gguf import convert
from auroram.errors import DataError
from auroram.ports import Silent


def fetch(tmp_path, path):
    return FolderModel(path=path, licence="MIT").fetch(tmp_path, tmp_path / "cache", Silent())


def test_a_model_folder_is_used_where_it_lies(tmp_path):
    convert(write_gguf(tmp_path / "a.gguf"), tmp_path / "model")
    assert fetch(tmp_path, "model") == tmp_path / "model"
    assert not (tmp_path / "cache").exists()


def test_pickled_weights_are_not_a_model_folder(tmp_path):
    convert(write_gguf(tmp_path / "a.gguf"), tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "model" / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"no \*.safetensors.; save the model with its tokenizer"):
        fetch(tmp_path, "model")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="lost: no such folder"):
        fetch(tmp_path, "lost")
