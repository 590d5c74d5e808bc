"""Training a classifier from labelled texts, and measuring it on texts that were set aside.

A text's digest decides whether it is learned from, calibrates the thresholds, or measures; so the
same text never stands on two sides, and labels that are added later move none of the old ones.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.records.canonical import plain
from auroram.settings import Share, settings
from auroram.stats.intervals import Interval, wilson
from auroram.text.classifier_folder import write_classifier
from auroram.text.ngram_classifier import NgramClassifier, NgramTraining, trained

FEWEST_SET_ASIDE = 5
"""Texts of each label that must be set aside to calibrate, and as many to measure."""


@settings
class ClassifierTraining:
    """How a classifier is trained and how much is set aside."""

    ngrams: NgramTraining = NgramTraining()
    calibration_share: Share = 0.15
    """Share of the texts that thresholds are found on."""
    test_share: Share = 0.15
    """Share of the texts that the classifier is measured on."""

    def __post_init__(self) -> None:
        if not 0 < self.calibration_share + self.test_share < 1:
            raise ValueError("calibration_share and test_share must leave texts to learn from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text and what it is."""

    text: str
    label: str
    language: str
    """BCP 47; `und` where the file does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share with its 95 % interval; None where there was nothing to measure on."""

    hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """How well a label is told in one language, at its threshold."""

    language: str
    """`all` for the languages together."""
    label: str
    precision: Rate
    recall: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What training reached on the texts set aside to measure."""

    texts: int
    """Texts learned from."""
    calibration_texts: int
    test_texts: int
    thresholds: tuple[float, ...]
    """By label, in the classifier's order."""
    accuracy: Rate
    """Share of the measured texts whose likeliest label is theirs."""
    labels: tuple[LabelScore, ...]


def read_labels(file: Path) -> list[Labelled]:
    """The labelled texts of a file of JSON lines: `text`, `label`, and `language` if known.

    Raises:
        DataError: naming the first line that is not one.
    """
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read ({error}); name a UTF-8 file") from error
    return [
        _labelled(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()
    ]


def train_classifier(
    labelled: Sequence[Labelled], settings: ClassifierTraining
) -> tuple[NgramClassifier, TrainingReport]:
    """A classifier with calibrated thresholds, and what it reached.

    Raises:
        DataError: where a label has too few texts to learn from, calibrate or measure.
    """
    learn, calibrate, test = _parts(labelled, settings)
    _refuse_few(labelled, (learn, calibrate, test))
    raw = trained([one.text for one in learn], [one.label for one in learn], settings.ngrams)
    thresholds = _thresholds(raw, calibrate)
    report = _report(raw, test, thresholds, (len(learn), len(calibrate)))
    facts = {"training": plain(settings), "report": plain(report)}
    classifier = NgramClassifier(
        labels=raw.labels,
        shape=raw.shape,
        weights=raw.weights,
        biases=raw.biases,
        thresholds=thresholds,
        facts=facts,
    )
    return classifier, report


def train_from_file(labels: Path, out: Path, settings: ClassifierTraining) -> TrainingReport:
    """Train on a file of labels and write the classifier's folder.

    Raises:
        DataError: where the file or what it holds is not enough.
    """
    if (out / "config.json").exists() or (out.exists() and not out.is_dir()):
        raise DataError(f"{out}: holds something else; name a new folder")
    classifier, report = train_classifier(read_labels(labels), settings)
    write_classifier(classifier, out)
    return report


def _labelled(line: str, place: str) -> Labelled:
    try:
        record = json.loads(line)
        text, label = record["text"], record["label"]
        language = record.get("language") or "und"
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DataError(
            f'{place}: not a labelled text; write {{"text": ..., "label": ...}}'
        ) from None
    if not all(isinstance(value, str) and value.strip() for value in (text, label, language)):
        raise DataError(f"{place}: text, label and language must be strings that are not empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(f"{place}: the text holds half a surrogate pair; mend it") from None
    return Labelled(text=text, label=label, language=language)


def _parts(
    labelled: Sequence[Labelled], settings: ClassifierTraining
) -> tuple[list[Labelled], list[Labelled], list[Labelled]]:
    parts: tuple[list[Labelled], list[Labelled], list[Labelled]] = ([], [], [])
    for one in labelled:
        draw = int.from_bytes(blake3(one.text.encode()).digest(8), "little") / 2**64
        calibrates = draw < settings.calibration_share
        measures = not calibrates and draw < settings.calibration_share + settings.test_share
        parts[1 if calibrates else 2 if measures else 0].append(one)
    return parts


def _refuse_few(labelled: Sequence[Labelled], parts: Sequence[Sequence[Labelled]]) -> None:
    labels = sorted({one.label for one in labelled})
    if len(labels) < 2:
        raise DataError(
            f"labels: a classifier needs two labels to tell apart ({', '.join(labels) or 'none'})"
        )
    for part, what in zip(parts, ("learn from", "calibrate", "measure"), strict=True):
        counts = Counter(one.label for one in part)
        for label in labels:
            if counts[label] < FEWEST_SET_ASIDE:
                raise DataError(
                    f"labels: {counts[label]} texts of {label!r} to {what}, needed are "
                    f"{FEWEST_SET_ASIDE}; label more, some 100 of each label are a start"
                )


def _thresholds(classifier: NgramClassifier, texts: Sequence[Labelled]) -> tuple[float, ...]:
    scores = classifier.scores([one.text for one in texts])
    return tuple(
        _best_threshold(scores[:, column], np.array([one.label == label for one in texts]))
        for column, label in enumerate(classifier.labels)
    )


def _best_threshold(scores: NDArray[np.float32], is_label: NDArray[np.bool_]) -> float:
    """Half way below the lowest score that is still said, where F1 is highest."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(is_label[order])
    said = np.arange(1, len(scores) + 1)
    f1 = 2 * hits / (said + is_label.sum())
    # Equal scores are said together or not at all.
    f1[:-1][ranked[:-1] == ranked[1:]] = 0
    best = int(np.argmax(f1))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def _report(
    classifier: NgramClassifier,
    texts: Sequence[Labelled],
    thresholds: tuple[float, ...],
    sizes: tuple[int, int],
) -> TrainingReport:
    scores = classifier.scores([one.text for one in texts])
    said = scores >= np.array(thresholds)
    truth = np.array([[one.label == label for label in classifier.labels] for one in texts])
    right = int(truth[np.arange(len(texts)), scores.argmax(axis=1)].sum())
    languages = sorted({one.language for one in texts})
    chosen = {name: np.array([one.language == name for one in texts]) for name in languages}
    if len(languages) > 1:
        chosen = {"all": np.ones(len(texts), np.bool_)} | chosen
    return TrainingReport(
        texts=sizes[0],
        calibration_texts=sizes[1],
        test_texts=len(texts),
        thresholds=thresholds,
        accuracy=_rate(right, len(texts)),
        labels=tuple(
            _label_score((name, label), said[rows, column], truth[rows, column])
            for name, rows in chosen.items()
            for column, label in enumerate(classifier.labels)
        ),
    )


def _label_score(
    of: tuple[str, str], said: NDArray[np.bool_], is_label: NDArray[np.bool_]
) -> LabelScore:
    hits = int((said & is_label).sum())
    return LabelScore(
        language=of[0],
        label=of[1],
        precision=_rate(hits, int(said.sum())),
        recall=_rate(hits, int(is_label.sum())),
    )


def _rate(hits: int, n: int) -> Rate:
    interval: Interval | None = wilson(hits, n) if n else None
    return Rate(
        hits=hits,
        n=n,
        value=hits / n if n else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )
