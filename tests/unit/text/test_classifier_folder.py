"""What was written is read, and what is damaged is refused in one sentence."""

import json

import pytest

from auroram.errors import DataError
from auroram.text.classifier_folder import read_classifier, write_classifier
from auroram.text.ngram_classifier import NgramShape, NgramTraining, trained

SMALL = NgramTraining(shape=NgramShape(bits=12), epochs=1)
TEXTS, LABELS = ["a kind word", "ひどい言葉"], ["good", "bad"]


def test_a_classifier_that_was_written_scores_alike(tmp_path):
    classifier = trained(TEXTS, LABELS, SMALL)
    write_classifier(classifier, tmp_path)
    assert read_classifier(tmp_path).scores(TEXTS).tolist() == classifier.scores(TEXTS).tolist()


@pytest.mark.parametrize(
    "damage",
    [
        {"format": "other"},
        {"labels": ["a", "b", "c"]},
        {"labels": 3},
        {"shape": {"shortest": 1, "longest": 5, "bits": 11}},
        {"shape": {"shortest": 5, "longest": 1, "bits": 12}},
        {"thresholds": "x"},
    ],
)
def test_a_damaged_folder_is_one_sentence(tmp_path, damage):
    write_classifier(trained(TEXTS, LABELS, SMALL), tmp_path)
    description = json.loads((tmp_path / "classifier.json").read_text())
    (tmp_path / "classifier.json").write_text(json.dumps(description | damage))
    with pytest.raises(DataError, match="not a classifier"):
        read_classifier(tmp_path)


def test_weights_that_are_no_safetensors_are_one_sentence(tmp_path):
    write_classifier(trained(TEXTS, LABELS, SMALL), tmp_path)
    (tmp_path / "classifier.safetensors").write_bytes(b"junk")
    with pytest.raises(DataError, match="not a classifier"):
        read_classifier(tmp_path)


def test_a_missing_folder_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(DataError, match="train-classifier"):
        read_classifier(tmp_path / "none")
