"""`fastokens` encodes only where it gives the very ids that `tokenizers` gives."""

import json
import shutil
import sys

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from auroram.model.fast_encoding import HOSTILE, FastEncoder, proven_encoder
from auroram.model.tokenizer import load_tokenizer

pytest.importorskip("fastokens")


@pytest.fixture
def tokenizer(tiny_model):
    return load_tokenizer(tiny_model)


@pytest.fixture
def quick(tiny_model):
    tokenizer = load_tokenizer(tiny_model)
    assert tokenizer.quicken(["Päivää."]) == ""
    return tokenizer


def test_a_quick_batch_is_the_plain_batch(tokenizer, quick):
    texts = [*HOSTILE, "one", "", "three"]
    assert quick.encode_batch(texts) == tokenizer.encode_batch(texts)
    assert quick.encode_batch([]) == []


def test_text_that_spells_control_tokens_is_only_text(quick):
    texts = [f"{token} a{token}{token}" for token in quick.control]
    for text, ids in zip(texts, quick.encode_batch(texts), strict=True):
        assert not set(ids) & set(quick.control.values())
        assert quick.decode(ids) == text


@given(st.lists(st.text(), max_size=5))
def test_any_texts_are_encoded_alike(tiny_model, texts):
    file = tiny_model / "tokenizer.json"
    assert FastEncoder(file).encode_batch(texts) == load_tokenizer(tiny_model).encode_batch(texts)


def test_one_id_that_differs_is_enough_to_refuse_it(tiny_model, tokenizer):
    def unlike(texts):
        return [
            [*ids, 9] if "rare" in t else ids for t, ids in zip(texts, plain(texts), strict=True)
        ]

    plain = tokenizer.encode_batch
    found = proven_encoder(tiny_model / "tokenizer.json", unlike, ["rare"], [])
    assert found == f"it encoded 1 of {len(HOSTILE) + 1} texts otherwise"


def test_where_it_is_not_installed_the_command_is_named(tokenizer, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastokens", None)
    assert "pip install 'auroram[fast]'" in tokenizer.quicken([])
    assert tokenizer.encode_batch(["ab"]) == [tokenizer.encode("ab")]


def test_a_tokenizer_that_it_cannot_read_is_left_to_the_other(tiny_model, tmp_path):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_model / name, tmp_path)
    file = tmp_path / "tokenizer.json"
    table = json.loads(file.read_text())
    tokenizer = load_tokenizer(tmp_path)
    table["model"] = {"type": "Unknown"}
    file.write_text(json.dumps(table))
    assert "cannot read this tokenizer" in tokenizer.quicken([])


def test_marks_that_the_file_has_as_ordinary_tokens_do_not_part_the_encoders(tiny_model, tmp_path):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_model / name, tmp_path)
    plain = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    plain.add_tokens(["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"])
    plain.save(str(tmp_path / "tokenizer.json"))
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer.quicken(["a<|fim_prefix|>b"]) == ""
