"""A Hugging Face folder with a classification head, tiny and random."""

import json
import shutil

import numpy as np
import pytest
import tokenizers
import torch
from tokenizers import pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification

from auroram.corpus.harm import Harm, HarmClassifier, HarmJudge
from auroram.errors import DataError
from auroram.model.classifier import load_sequence_classifier

LABELS = {0: "fine", 1: "toxic", 2: "spam"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_classifier(tmp_path_factory.mktemp("bert"), LABELS)


def write_classifier(folder, labels, **settings):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=18,
        num_labels=len(labels),
        id2label=labels,
        label2id={label: i for i, label in labels.items()},
        initializer_range=0.5,
        **settings,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *(f"w{i}" for i in range(30))]
    vocabulary = {word: i for i, word in enumerate(words)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_exclusive_labels_add_up_to_one(folder):
    classifier = load_sequence_classifier(folder)
    scores = classifier.scores(["w1 w2 w3", "w9"])
    assert classifier.labels == ("fine", "toxic", "spam")
    assert scores.shape == (2, 3) and scores.sum(axis=1) == pytest.approx(1, abs=2e-4)


def test_independent_labels_each_have_a_score_of_their_own(tmp_path):
    write_classifier(tmp_path, LABELS, problem_type="multi_label_classification")
    scores = load_sequence_classifier(tmp_path).scores(["w1 w2"])
    assert abs(scores.sum() - 1) > 0.01 and ((scores >= 0) & (scores <= 1)).all()


def test_neighbours_in_a_batch_do_not_change_a_score(folder):
    classifier = load_sequence_classifier(folder)
    texts = [f"w{i} " * (1 + i % 5) for i in range(11)]
    alone = np.concatenate([classifier.scores([text]) for text in texts])
    assert classifier.scores(texts) == pytest.approx(alone, abs=2e-4)


def test_a_long_text_is_the_mean_of_its_windows(folder):
    classifier = load_sequence_classifier(folder)
    first, second = "w1 w2 " * 7, "w5 w6 " * 7  # 14 tokens each, the room of a window
    parts = classifier.scores([first, second])
    assert classifier.scores([first + second])[0] == pytest.approx(parts.mean(axis=0), abs=2e-4)


def test_what_lies_behind_the_last_window_is_not_looked_at(folder):
    classifier = load_sequence_classifier(folder)
    one, two = classifier.scores(["w1 " * 200, "w1 " * 200 + "w9 " * 50])
    assert one == pytest.approx(two, abs=2e-4)


def test_an_empty_text_has_scores(folder):
    assert np.isfinite(load_sequence_classifier(folder).scores([""])).all()


def test_a_recipe_can_name_it(folder):
    toxic = HarmClassifier(kind="transformers", path=folder.name, label="toxic", threshold=0.0)
    judge = HarmJudge.open(Harm(classifiers={"bert": toxic}), folder.parent, ["en"])
    assert judge.judge(["w1 w2"], "en").failures[0][0].rule == "harm-bert"


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_a_folder_lacks_is_named(folder, tmp_path, missing):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / missing).unlink()
    with pytest.raises(DataError, match=r"safetensors|not found"):
        load_sequence_classifier(copy)


@pytest.mark.parametrize(
    ("file", "content"),
    [("config.json", "x"), ("tokenizer.json", "{}"), ("model.safetensors", "x")],
)
def test_a_damaged_file_is_one_sentence(folder, tmp_path, file, content):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / file).write_text(content)
    with pytest.raises(DataError, match="copy"):
        load_sequence_classifier(copy)


def test_code_in_the_folder_is_not_run(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoModelForSequenceClassification": "own.Model"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "own.py").write_text("raise SystemExit('code was run')")
    with pytest.raises(DataError, match="not a classifier that transformers knows"):
        load_sequence_classifier(copy)
