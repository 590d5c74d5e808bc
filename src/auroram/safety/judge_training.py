"""Trains a judge on character n-grams from labels, and measures it on labels set aside.

A request's digest decides on which side its replies stand, so a judge is never measured on a
request that it learned from. The threshold is where sensitivity and specificity add up to most on
the texts learned from, each scored by a classifier that had not seen it.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.records.labels import LabelledReply
from auroram.safety.cards import Card, measured_card
from auroram.safety.judge_settings import NgramJudge
from auroram.safety.open_judge import open_judge
from auroram.settings import Positive, Share, settings
from auroram.text.classifier_folder import read_classifier, write_classifier
from auroram.text.ngram_classifier import NgramClassifier, NgramShape, NgramTraining, trained

LEARNED = "learned_requests"
"""Fact of a classifier: digests of the requests whose replies it learned from."""

FEWEST = 20
"""Labels of yes, and of no, that must be there on either side."""


@settings
class JudgeTraining:
    """How much is set aside and how the weights are found."""

    set_aside: Share = 0.5
    """Share of the requests that the judge is measured on."""
    folds: Positive = 5
    """Parts that are scored by classifiers that learned from the others."""
    ngrams: NgramTraining = NgramTraining(shape=NgramShape(bits=17), epochs=20, rate=0.05)
    """Of the classifier."""

    def __post_init__(self) -> None:
        if not 0 < self.set_aside < 1 or self.folds < 2:
            raise ValueError("set_aside must lie between 0 and 1, and folds be at least 2")


def train_judge(labels: Sequence[LabelledReply], training: JudgeTraining, out: Path) -> Card:
    """Write the classifier's folder; returns its card on what was set aside.

    Raises:
        DataError: where either side has too few labels of yes or of no.
    """
    question = labels[0].question
    learned = [one for one in labels if _place(one.request) >= training.set_aside]
    aside = [one for one in labels if _place(one.request) < training.set_aside]
    for side, name in ((learned, "learn from"), (aside, "measure on")):
        for label, word in ((True, "yes"), (False, "no")):
            count = sum(one.label is label for one in side)
            if count < FEWEST:
                raise DataError(
                    f"{question}: {count} labels of {word} to {name}, and {FEWEST} are needed; "
                    "label more replies"
                )
    classifier = _trained(learned, training)
    write_classifier(
        NgramClassifier(
            labels=classifier.labels,
            shape=classifier.shape,
            weights=classifier.weights,
            biases=classifier.biases,
            thresholds=_thresholds(learned, classifier.labels, training),
            facts={
                "question": question,
                "learned_from": len(learned),
                "set_aside": len(aside),
                LEARNED: sorted({_digest(one.request) for one in learned}),
            },
        ),
        out,
    )
    judge = open_judge(NgramJudge(path=out.name), question, out.parent, None)
    return measured_card(judge, aside)


def not_learned(labels: Sequence[LabelledReply], folder: Path) -> list[LabelledReply]:
    """The labels of requests that the classifier in a folder did not learn from.

    Raises:
        DataError: where none is left to measure it on.
    """
    learned = frozenset(read_classifier(folder).facts.get(LEARNED, ()))
    left = [one for one in labels if _digest(one.request) not in learned]
    if not left:
        raise DataError(
            f"{folder}: learned from all of these requests; measure it on others, or take the card "
            f"that lies beside it, {folder.name}.card.json"
        )
    return left


def _trained(labels: Sequence[LabelledReply], training: JudgeTraining) -> NgramClassifier:
    names = [one.question if one.label else f"not {one.question}" for one in labels]
    return trained([one.reply for one in labels], names, training.ngrams)


def _thresholds(
    labels: Sequence[LabelledReply], names: Sequence[str], training: JudgeTraining
) -> tuple[float, ...]:
    """By label: the question's threshold, and what is left of 1 for its contrary."""
    question = labels[0].question
    scores = np.zeros(len(labels))
    folds = np.array([int(_place(one.request, "fold") * training.folds) for one in labels])
    for fold in range(training.folds):
        inside = np.flatnonzero(folds == fold)
        others = [one for one, place in zip(labels, folds, strict=True) if place != fold]
        if not len(inside) or len({one.label for one in others}) < 2:
            continue
        classifier = _trained(others, training)
        column = classifier.labels.index(question)
        scores[inside] = classifier.scores([labels[int(i)].reply for i in inside])[:, column]
    best = best_threshold(scores, np.array([one.label for one in labels]))
    return tuple(best if name == question else 1 - best for name in names)


def best_threshold(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The score from which on yes is said, where sensitivity plus specificity is greatest.

    Source: Youden 1950, Cancer 3(1).
    """
    found = np.unique(scores)
    ends = np.concatenate([found, [1.0]])
    skill = [float((scores[truth] >= end).mean() + (scores[~truth] < end).mean()) for end in ends]
    return float(ends[int(np.argmax(skill))])


def _digest(request: str) -> str:
    return hashlib.sha256(request.encode()).hexdigest()[:16]


def _place(request: str, salt: str = "") -> float:
    """Where a request falls in [0, 1), always the same."""
    return int.from_bytes(hashlib.sha256(f"{salt}{request}".encode()).digest()[:6]) / (1 << 48)
