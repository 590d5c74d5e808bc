"""A model learns new tokens: old ones keep their ids, old texts keep theirs, rows are means."""

import json
import shutil
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tokenizers
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from tokenizers import decoders, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from auroram.errors import ConfigError, DataError
from auroram.model.folder import load_model, save_model
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs, Silent
from auroram.records.files import sha256_of
from auroram.records.manifest import Finished
from auroram.vocabulary.extension import run
from auroram.vocabulary.settings import ExtendVocabulary

TEXTS = {
    "en": ["The quick brown fox jumps over the lazy dog {}. Stop <|im_end|> it.", "One more {}."],
    "fi": ["Nopea ruskea kettu hyppii laiskan koiran yli {}. Hyvää päivää!", "Lisää tekstiä {}."],
    "ja": ["素早い茶色の狐がのろまな犬を飛び越える {}。こんにちは。", "世界 {}。"],
}
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


@pytest.fixture(scope="module")
def base(tiny_model, tmp_path_factory):
    """A model whose tokenizer knows English: 60 merges, controls outside the merges' table."""
    folder, plain = tmp_path_factory.mktemp("base") / "model", tmp_path_factory.mktemp("plain")
    for name in ("tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(tiny_model / name, plain)
    trained = tokenizers.Tokenizer(tokenizers.models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=316,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    trained.train_from_iterator([TEXTS["en"][0]] * 9, trainer)
    trained.add_special_tokens(CONTROL)
    trained.save(str(plain / "tokenizer.json"))
    model = load_model(tiny_model)
    model.resize_token_embeddings(trained.get_vocab_size(), mean_resizing=False)
    save_model(model, tokenizer_from=plain, folder=folder)
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for split, times in {"train": 40, "held-out": 5}.items():
        for domain, texts in TEXTS.items():
            rows = [text.format(i) for i in range(times) for text in texts]
            path = folder / "documents" / split / f"{domain}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table({"text": rows}), path)
    return folder


def inputs(base, corpus):
    folders = {"base": base.parent, "corpus": corpus}
    stages = {name: Finished(folder=f, manifest=None) for name, f in folders.items()}
    return Inputs(root=base, name="wide", seed=1, stages=stages, progress=Silent())


def extend(base, corpus, out, **changes):
    options = {"documents": ("corpus",), "new_tokens": 70, "protects": ("en",)}
    return run(ExtendVocabulary(**(options | changes)), inputs(base, corpus), out)


@pytest.fixture(scope="module")
def extended(base, corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("extended")
    return extend(base, corpus, out), out / "model"


def measured(outcome, measure, stage="wide"):
    found = [m for m in outcome.measurements if (m.measure, m.stage) == (measure, stage)]
    return {(m.language, m.unit): m.value for m in found}


def test_new_languages_take_fewer_tokens_and_protected_texts_the_same(extended):
    outcome, _ = extended
    before, after = (measured(outcome, "fertility", stage) for stage in ("base", "wide"))
    assert after["fi", "tokens/byte"] < 0.7 * before["fi", "tokens/byte"]
    assert after["ja", "tokens/character"] < 0.7 * before["ja", "tokens/character"]
    assert after["en", "tokens/byte"] == before["en", "tokens/byte"]
    assert measured(outcome, "unchanged_texts") == {
        ("en", "share"): 1.0,
        ("fi", "share"): 0.0,
        ("ja", "share"): 0.0,
    }


def test_without_protection_the_share_of_changed_texts_is_told(base, corpus, tmp_path):
    outcome = extend(base, corpus, tmp_path, protects=(), new_tokens=40)
    assert measured(outcome, "unchanged_texts")["en", "share"] < 1


def test_old_tokens_keep_their_ids_and_new_ones_follow(base, extended):
    outcome, model = extended
    before, after = load_tokenizer(base).tokens, load_tokenizer(model).tokens
    assert before.items() <= after.items()
    assert sorted(set(after.values()) - set(before.values())) == list(
        range(len(before), len(before) + outcome.facts["new_tokens"])
    )
    assert outcome.facts["new_tokens"] == 70 and not outcome.notices


def test_transformers_encodes_as_we_do(extended):
    _, model = extended
    text = TEXTS["fi"][0].format(3) + TEXTS["ja"][0]
    plain = AutoTokenizer.from_pretrained(model)
    text = text.replace("<|im_end|>", "")
    assert plain.encode(text, add_special_tokens=False) == load_tokenizer(model).encode(text)


@given(st.text())
def test_any_text_comes_back(extended, text):
    tokenizer = load_tokenizer(extended[1])
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("control", CONTROL)
def test_text_still_spells_no_control_token(extended, control):
    tokenizer = load_tokenizer(extended[1])
    ids = tokenizer.encode(f"a {control}{control} b{control}")
    assert not set(ids) & set(tokenizer.control.values())


def rows_of(folder, name):
    return load_file(folder / "model.safetensors")[name]


def test_a_new_row_is_the_mean_of_the_rows_of_its_old_pieces(base, extended):
    old, new = load_tokenizer(base), load_tokenizer(extended[1])
    before, after = (rows_of(f, "model.embed_tokens.weight") for f in (base, extended[1]))
    assert torch.equal(after[: len(before)], before)
    for text in ("hyppii", "päivää", "素早い"):
        ids = new.encode(text)
        pieces = [old.encode(new.decode([id_])) for id_ in ids]
        for id_, piece in zip(ids, pieces, strict=True):
            if "\N{REPLACEMENT CHARACTER}" not in new.decode([id_]):
                torch.testing.assert_close(after[id_], before[piece].mean(0))


def test_tied_heads_stay_tied(extended):
    model = AutoModelForCausalLM.from_pretrained(extended[1])
    head, embedding = model.get_output_embeddings().weight, model.get_input_embeddings().weight
    assert head is embedding and len(head) == load_tokenizer(extended[1]).vocabulary
    assert model.config.vocab_size == len(head)


def test_a_head_of_its_own_grows_by_means_of_its_own_rows(base, corpus, tmp_path):
    model = load_model(base)
    model.config.tie_word_embeddings = False
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    model.all_tied_weights_keys = {}
    save_model(model, tokenizer_from=base, folder=tmp_path / "untied" / "model")
    extend(tmp_path / "untied" / "model", corpus, tmp_path / "out")
    made = AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "model")
    old, new = load_tokenizer(base), load_tokenizer(tmp_path / "out" / "model")
    ids = [id_ for id_ in new.encode("hyppii") if id_ >= old.vocabulary]
    expected = model.lm_head.weight[old.encode(new.decode(ids[:1]))].mean(0)
    torch.testing.assert_close(made.lm_head.weight[ids[0]], expected)


def test_rows_that_padded_the_vocabulary_are_used_first(base, corpus, tmp_path):
    model = load_model(base)
    model.resize_token_embeddings(384, mean_resizing=False)
    save_model(model, tokenizer_from=base, folder=tmp_path / "padded" / "model")
    extend(tmp_path / "padded" / "model", corpus, tmp_path / "out", new_tokens=10)
    assert len(rows_of(tmp_path / "out" / "model", "model.embed_tokens.weight")) == 384


def test_old_texts_have_the_loss_that_they_had_but_for_the_new_rows(base, extended):
    ids = torch.tensor([load_tokenizer(base).encode(TEXTS["en"][0])])
    before, after = (load_model(f)(ids).logits[0] for f in (base, extended[1]))
    torch.testing.assert_close(after[:, : before.shape[1]], before)


def test_the_same_settings_give_the_same_bytes(base, corpus, extended, tmp_path):
    assert extend(base, corpus, tmp_path) == extended[0]
    for file in extended[1].iterdir():
        assert sha256_of(file) == sha256_of(tmp_path / "model" / file.name), file.name


def test_documents_that_hold_no_more_are_told_of(base, corpus, tmp_path):
    outcome = extend(base, corpus, tmp_path, new_tokens=9999)
    assert "and not 9999" in outcome.notices[0]


def test_a_word_that_is_a_token_is_taken_as_one_and_protected_words_are_not_made(
    base, corpus, tmp_path
):
    shutil.copytree(base, tmp_path / "whole" / "model")
    file = tmp_path / "whole" / "model" / "tokenizer.json"
    table = json.loads(file.read_text())
    table["model"]["ignore_merges"] = True
    file.write_text(json.dumps(table))
    outcome = extend(tmp_path / "whole" / "model", corpus, tmp_path / "out")
    assert measured(outcome, "unchanged_texts")["en", "share"] == 1


WRONG = {
    "unknown domain": ({"protects": ("sw",)}, r"stages\.wide: no documents of sw \(there are en"),
    "all protected": ({"protects": ("en", "fi", "ja")}, "nothing to learn"),
    "no document": ({"documents": ()}, r"there are none"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_domains_that_do_not_fit_are_refused(base, corpus, tmp_path, changes, words):
    with pytest.raises(ConfigError, match=words):
        extend(base, corpus, tmp_path, **changes)


def test_words_too_rare_to_learn_from_are_told(base, corpus, tmp_path):
    with pytest.raises(DataError, match="no two pieces stand together 100000 times"):
        extend(base, corpus, tmp_path, least=100_000)


def test_a_tokenizer_that_is_no_byte_level_bpe_is_refused(base, corpus, tmp_path):
    shutil.copytree(base, tmp_path / "odd" / "model")
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0}, unk_token="a"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.save(str(tmp_path / "odd" / "model" / "tokenizer.json"))
    with pytest.raises(DataError, match=r"only a byte-level BPE.*'WordLevel'"):
        extend(tmp_path / "odd" / "model", corpus, tmp_path / "out")


def test_a_domain_cannot_be_learnt_and_protected():
    make = partial(ExtendVocabulary, documents=("corpus",), learns=("fi",))
    with pytest.raises(ValueError, match="both name fi"):
        make(protects=("fi",))
