"""From labels to a folder, and what is said when they do not do."""

import json

import pytest

from auroram.corpus.harm_training import (
    ClassifierTraining,
    Labelled,
    read_labels,
    train_classifier,
    train_from_file,
)
from auroram.errors import DataError
from auroram.text.classifier_folder import read_classifier
from auroram.text.ngram_classifier import NgramShape, NgramTraining

SETTINGS = ClassifierTraining(
    ngrams=NgramTraining(shape=NgramShape(bits=14), epochs=4),
    calibration_share=0.3,
    test_share=0.3,
)
WORDS = {
    "calm": ("garden", "puutarha", "kiitos", "bees"),
    "rude": ("idiot", "ääliö", "tyhmä", "dumb"),
}


def labelled(each=60):
    return [
        Labelled(
            text=f"{words[i % 4]} {i} {words[i % 3]}", label=label, language=["en", "fi"][i % 2]
        )
        for label, words in WORDS.items()
        for i in range(each)
    ]


def write_labels(path, records):
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    return path


def records(each=60):
    return [{"text": x.text, "label": x.label, "language": x.language} for x in labelled(each)]


def test_what_can_be_told_apart_is_told_apart_by_language_too():
    _, report = train_classifier(labelled(), SETTINGS)
    assert report.accuracy.value > 0.95
    assert {score.language for score in report.labels} == {"all", "en", "fi"}
    assert all(score.recall.low <= score.recall.value for score in report.labels)


def test_every_text_is_on_one_side():
    _, report = train_classifier(labelled(), SETTINGS)
    assert report.texts + report.calibration_texts + report.test_texts == 120
    assert min(report.texts, report.calibration_texts, report.test_texts) > 20


def test_a_new_label_moves_no_text_to_another_side():
    few, more = (train_classifier(labelled(each), SETTINGS)[1] for each in (60, 80))
    assert more.test_texts >= few.test_texts


def test_labels_in_a_file_become_a_folder_with_thresholds(tmp_path):
    file = write_labels(tmp_path / "labels.jsonl", records())
    train_from_file(file, tmp_path / "out", SETTINGS)
    classifier = read_classifier(tmp_path / "out")
    assert classifier.labels == ("calm", "rude") and len(classifier.thresholds) == 2
    assert all(0 < threshold < 1 for threshold in classifier.thresholds)


def test_the_same_labels_give_the_same_bytes(tmp_path):
    file = write_labels(tmp_path / "labels.jsonl", records())
    for name in ("one", "two"):
        train_from_file(file, tmp_path / name, SETTINGS)
    for part in ("classifier.json", "classifier.safetensors"):
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()


@pytest.mark.parametrize(
    "line",
    ["x", "3", "[]", '{"text": "a"}', '{"text": "a", "label": 1}', '{"text": "", "label": "a"}',
     '{"text": "\\ud800", "label": "a"}'],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path, line):
    file = tmp_path / "labels.jsonl"
    file.write_text('{"text": "fine", "label": "a"}\n\n' + line + "\n")
    with pytest.raises(DataError, match=r"labels\.jsonl:3: "):
        read_labels(file)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, content):
    if content:
        (tmp_path / "labels.jsonl").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        read_labels(tmp_path / "labels.jsonl")


@pytest.mark.parametrize(("kept", "words"), [(60, "two labels"), (64, "needed are 5"), (0, "none")])
def test_too_few_labels_are_refused(kept, words):
    with pytest.raises(DataError, match=words):
        train_classifier(labelled()[:kept], SETTINGS)
