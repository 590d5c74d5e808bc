"""Classifiers are read as fastText wrote them, and what is none is refused in words."""

import struct

import numpy as np
import pytest

from auroram.errors import DataError
from auroram.text.fasttext_model import read_labels, read_model, word_hash
from auroram.text.identify import FastText, model_file

WORDS = [b"</s>", b"tere", b"hei"]
LABELS = [b"__label__et", b"__label__fi"]


def dense_model(loss=3, buckets=0, kind=3):
    """The bytes of a plain classifier of two labels: `tere` is Estonian, `hei` is Finnish."""
    data = struct.pack("<2i", 793712314, 12)
    data += struct.pack("<12id", 2, 5, 5, 1, 5, 1, loss, kind, buckets, 2, 4, 100, 1e-4)
    data += struct.pack("<3i2q", 5, 3, 2, 10, -1)
    for word in WORDS:
        data += word + b"\0" + struct.pack("<qb", 5, 0)
    for label in LABELS:
        data += label + b"\0" + struct.pack("<qb", 5, 1)
    rows = np.array([[0, 0], [9, 0], [0, 9]] + [[0, 0]] * buckets, "<f4")
    output = np.array([[1, 0], [0, 1]], "<f4")
    data += b"\0" + struct.pack("<2q", *rows.shape) + rows.tobytes()
    return data + b"\0" + struct.pack("<2q", *output.shape) + output.tobytes()


def saved(folder, data):
    path = folder / "model.bin"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("buckets", [0, 50])
def test_a_plain_softmax_classifier_tells_its_labels(tmp_path, buckets):
    identifier = FastText(file=str(saved(tmp_path, dense_model(buckets=buckets))))
    assert identifier.tags == ("et", "fi")
    assert [identifier.identify(word)[0] for word in ("tere", "hei hei")] == ["et", "fi"]


def test_labels_are_read_without_the_weights(tmp_path):
    whole = dense_model()
    assert read_labels(saved(tmp_path, whole)) == ("et", "fi")
    assert read_labels(saved(tmp_path, whole[:-40])) == ("et", "fi")
    assert read_labels(model_file()) == FastText().tags
    for damaged in (b"", whole[:20], whole[: whole.index(b"hei") + 2]):
        with pytest.raises(DataError, match="not a fastText classifier"):
            read_labels(saved(tmp_path, damaged))


def test_the_likelihoods_of_a_softmax_are_its_own(tmp_path):
    identifier = FastText(file=str(saved(tmp_path, dense_model())))
    assert identifier.identify("tere")[1] == pytest.approx(1 / (1 + np.exp(-4.5)), abs=1e-6)


def test_a_softmax_classifier_tells_a_long_text_by_its_windows(tmp_path):
    identifier = FastText(file=str(saved(tmp_path, dense_model())))
    text = "hei " * 250 + "tere " * 1000
    language, score = identifier.identify(text)
    tere = identifier.identify("tere " * 200)[1]
    assert language == "et"
    assert score == pytest.approx((3 * tere + 1 - identifier.identify("hei " * 250)[1]) / 4)


def test_the_installed_model_is_read_whole():
    model = read_model(model_file())
    assert (len(model.labels), len(model.word_starts) - 1) == (176, 7235)
    assert model.rows.shape == (50_000, 16)
    assert len(model.tree) == 175


def test_words_hash_as_in_fasttext():
    assert word_hash(b"") == 2166136261
    assert word_hash(b"a") == 0xE40C292C
    assert word_hash("ä".encode()) == word_hash(bytes([0xC3, 0xA4]))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_cut_off_is_refused(tmp_path, share):
    data = dense_model()
    with pytest.raises(DataError, match="not a fastText classifier"):
        read_model(saved(tmp_path, data[: int(share * len(data))]))


@pytest.mark.parametrize("changes", [{"kind": 1}, {"loss": 2}])
def test_another_kind_of_model_is_refused(tmp_path, changes):
    with pytest.raises(DataError, match="not a fastText classifier"):
        read_model(saved(tmp_path, dense_model(**changes)))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.bin: cannot be read"):
        FastText(file=str(tmp_path / "none.bin")).identify("tere")
