"""auroram corpus train-classifier LABELS.jsonl OUT"""

import argparse
from pathlib import Path

from auroram.corpus.harm_training import (
    ClassifierTraining,
    Rate,
    TrainingReport,
    train_from_file,
)
from auroram.errors import ConfigError
from auroram.text.ngram_classifier import NgramTraining


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus train-classifier` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus train-classifier",
        description="Trains a linear classifier on character n-grams from labelled texts, sets "
        "some aside to find thresholds and to measure on, and writes a folder that a recipe can "
        "name.",
    )
    result.add_argument(
        "labels", type=Path, help='JSON lines: {"text": ..., "label": ..., "language": ...}'
    )
    result.add_argument("out", type=Path, help="the folder to write")
    result.add_argument(
        "--epochs",
        type=int,
        default=NgramTraining().epochs,
        help="passes over the texts; %(default)s by default",
    )
    result.add_argument(
        "--rate",
        type=float,
        default=NgramTraining().rate,
        help="step size; %(default)s by default",
    )
    result.add_argument(
        "--seed",
        type=int,
        default=NgramTraining().seed,
        help="decides the order and what is set aside; %(default)s by default",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Train, write, and say how good it is."""
    if arguments.epochs < 1 or not arguments.rate > 0 or arguments.seed < 0:
        raise ConfigError("--epochs and --rate must be above 0, and --seed not below; change them")
    ngrams = NgramTraining(epochs=arguments.epochs, rate=arguments.rate, seed=arguments.seed)
    settings = ClassifierTraining(ngrams=ngrams)
    report = train_from_file(arguments.labels, arguments.out, settings)
    print("\n".join(lines_of(report)))
    print(f"wrote {arguments.out}")
    return 0


def lines_of(report: TrainingReport) -> list[str]:
    """The report as a table of text."""
    lines = [
        f"{report.texts:,} texts to learn from, {report.calibration_texts:,} to calibrate, "
        f"{report.test_texts:,} to measure",
        f"accuracy {_words(report.accuracy)}",
        f"{'language':<10}{'label':<16}{'precision':<36}recall",
    ]
    return lines + [
        f"{score.language:<10}{score.label:<16}{_words(score.precision):<36}{_words(score.recall)}"
        for score in report.labels
    ]


def _words(rate: Rate) -> str:
    if rate.value is None or rate.low is None or rate.high is None:
        return "nothing to measure on"
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%}, n = {rate.n:,})"
