"""Hashed n-grams against a slow, obvious version; learning."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.text.characters import DIGIT, INVISIBLE, NEWLINE, SPACE, tables
from auroram.text.ngram_classifier import (
    NgramClassifier,
    NgramShape,
    NgramTraining,
    trained,
)

SHAPE = NgramShape(shortest=2, longest=4, bits=10)
SMALL = NgramTraining(shape=NgramShape(bits=12), epochs=3)
TEXTS = ["kiva päivä", "कल मिलते हैं", "ひどい言葉", "điều tốt", "a kind word", "123 words"]
LABELS = ["good", "good", "bad", "good", "good", "bad"]


def characters_of(text):
    kinds, lower = tables().classes, tables().lower
    out = [32]
    for point in map(ord, text):
        if kinds[point] == INVISIBLE:
            continue
        blank = kinds[point] in (SPACE, NEWLINE)
        folded = 32 if blank else 48 if kinds[point] == DIGIT else int(lower[point])
        out += [folded] if folded != 32 or out[-1] != 32 else []
    out += [32] if out[-1] != 32 else []
    return out if len(out) > 1 else []


def obvious_margin(text, weights):
    characters, total, runs = characters_of(text), 0.0, 0
    for end in range(len(characters)):
        for length in range(SHAPE.shortest, min(SHAPE.longest, end + 1) + 1):
            word = 0
            for back in range(length):
                word = (word ^ (characters[end - back] + 1)) * 0x9E3779B97F4A7C15 % 2**64
            total += float(weights[word >> (64 - SHAPE.bits)])
            runs += 1
    return total * math.sqrt(min(runs, 4096)) / runs if runs else 0.0


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=30), max_size=4))
def test_the_kernel_adds_the_weights_of_all_ngrams(texts):
    weights = np.random.default_rng(1).normal(size=1 << SHAPE.bits).astype(np.float32)
    classifier = NgramClassifier(
        labels=("a", "b"), shape=SHAPE, weights=weights[:, None], biases=np.array([0.5])
    )
    wanted = [1 / (1 + math.exp(-0.5 - obvious_margin(text, weights))) for text in texts]
    assert classifier.scores(texts)[:, 1] == pytest.approx(wanted, abs=1e-5)


def test_scores_of_two_labels_add_up_to_one():
    scores = trained(TEXTS, LABELS, SMALL).scores(TEXTS)
    assert scores.sum(axis=1) == pytest.approx(1)


def test_what_was_taught_is_learned_in_every_script():
    classifier = trained(TEXTS * 20, LABELS * 20, SMALL)
    said = [classifier.labels[i] for i in classifier.scores(TEXTS).argmax(axis=1)]
    assert said == LABELS


def test_more_than_two_labels_each_have_a_column():
    classifier = trained(["aaa", "bbb", "ccc"] * 20, ["x", "y", "z"] * 20, SMALL)
    assert classifier.scores(["aaa", "bbb", "ccc"]).argmax(axis=1).tolist() == [0, 1, 2]


def test_the_same_texts_and_seed_give_the_same_weights():
    one, two = (trained(TEXTS, LABELS, SMALL) for _ in range(2))
    assert one.weights.tobytes() == two.weights.tobytes()


def test_an_empty_text_gets_the_bias_alone():
    classifier = trained(TEXTS, LABELS, SMALL)
    bias = 1 / (1 + math.exp(-float(classifier.biases[0])))
    assert classifier.scores(["", " \n"])[:, 1] == pytest.approx(bias)


def test_one_label_is_refused():
    with pytest.raises(ValueError, match="two labels"):
        trained(["a"], ["x"], SMALL)
