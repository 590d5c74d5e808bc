"""A token classifier's labels become the places of names."""

import pickle

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertForTokenClassification

from auroram.adapters.names import NameModel
from auroram.corpus.redaction import Redaction
from auroram.errors import DataError

WORDS = ["[UNK]", "Aino", "Kivi", "asuu", "Oulussa", "."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny random model whose last layer is set so that the first two words are people."""
    folder = tmp_path_factory.mktemp("names")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, max_position_embeddings=34,
        id2label={0: "O", 1: "B-PER", 2: "I-PER"}, label2id={"O": 0, "B-PER": 1, "I-PER": 2},
    )  # fmt: skip
    model = BertForTokenClassification(config)
    answer(model)
    model.save_pretrained(folder)
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def answer(model):
    """Fit the last layer to the hidden states of the six words, so that labels are sure."""
    with torch.no_grad():
        model.bert.embeddings.position_embeddings.weight.zero_()
        model.bert.encoder.layer[0].attention.output.dense.weight.zero_()
        hidden = model.eval().bert(input_ids=torch.arange(len(WORDS))[None]).last_hidden_state[0]
        wanted = torch.full((len(WORDS), 3), -2.0)
        for word, label in enumerate([0, 1, 2, 0, 0, 0]):
            wanted[word, label] = 2.0
        model.classifier.weight.copy_((torch.linalg.pinv(hidden) @ wanted).T)
        model.classifier.bias.zero_()


def test_words_that_follow_one_another_are_one_name(folder):
    text = "Oulussa asuu Aino Kivi ."
    assert NameModel(folder=folder).names([text, "", "asuu"]) == [[(13, 22)], [], []]


def test_a_long_text_is_read_in_windows_to_its_end(folder):
    text = "asuu " * 200 + "Aino Kivi"
    assert NameModel(folder=folder).names([text]) == [[(1000, 1009)]]


def test_a_name_below_the_score_is_not_believed(folder):
    assert NameModel(folder=folder, lowest_score=0.99).names(["Aino Kivi"]) == [[]]


def test_names_are_replaced_like_any_other_kind(folder):
    finder = pickle.loads(pickle.dumps(NameModel(folder=folder)))
    (done,) = Redaction().apply_all(["Aino Kivi asuu Oulussa"], "fi", finder=finder)
    assert done.text == "<NAME> asuu Oulussa"


def test_a_label_that_the_model_lacks_is_refused(folder):
    with pytest.raises(DataError, match="no label 'ORG'; it has O, PER"):
        NameModel(folder=folder, labels=("ORG",)).check()


def test_pickled_weights_are_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(DataError, match="no safetensors"):
        NameModel(folder=tmp_path).check()
