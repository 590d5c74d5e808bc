"""The folder of a classifier on n-grams: a description to read and weights, nothing that is run.

`classifier.json` holds labels, thresholds and how it was trained; `classifier.safetensors` the
weights.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.files import write_bytes, write_text
from auroram.text.ngram_classifier import NgramClassifier, NgramShape

FORMAT = "auroram-ngram-classifier-1"
"""First thing that `classifier.json` says."""
DESCRIPTION, WEIGHTS = "classifier.json", "classifier.safetensors"


def write_classifier(classifier: NgramClassifier, folder: Path) -> None:
    """Write the two files; the description comes last, so that a folder with it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, NDArray[np.generic]] = {
        "weights": classifier.weights,
        "biases": classifier.biases,
    }
    write_bytes(folder / WEIGHTS, save(tensors))
    shape = classifier.shape
    description = {
        "format": FORMAT,
        "labels": classifier.labels,
        "thresholds": classifier.thresholds,
        "shape": {"shortest": shape.shortest, "longest": shape.longest, "bits": shape.bits},
        "facts": classifier.facts,
    }
    text = json.dumps(description, ensure_ascii=False, allow_nan=False, indent=2)
    write_text(folder / DESCRIPTION, text + "\n")


def read_classifier(folder: Path) -> NgramClassifier:
    """The classifier of a folder.

    Raises:
        DataError: where the folder does not hold one, or one that does not fit together.
    """
    place = folder / DESCRIPTION
    if not place.is_file():
        raise DataError(
            f"{place}: not found; name a folder that `auroram corpus train-classifier` made"
        )
    try:
        classifier = _parsed(json.loads(place.read_text(encoding="utf-8")), folder / WEIGHTS)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, SafetensorError) as error:
        raise DataError(
            f"{place}: not a classifier that can be used ({error}); train it again"
        ) from error
    return classifier


def _parsed(description: Json, weights: Path) -> NgramClassifier:
    if description["format"] != FORMAT:
        raise ValueError(f"format {description['format']!r}, not {FORMAT!r}")
    labels = tuple(map(str, description["labels"]))
    shape = NgramShape(**{key: int(value) for key, value in description["shape"].items()})
    tensors = load_file(weights)
    columns = 1 if len(labels) == 2 else len(labels)
    wanted = {"weights": (1 << shape.bits, columns), "biases": (columns,)}
    for name, size in wanted.items():
        if tensors[name].shape != size:
            raise ValueError(f"{name} of shape {tensors[name].shape}, not {size}")
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"{name} that are not finite")
    return NgramClassifier(
        labels=labels,
        shape=shape,
        weights=np.ascontiguousarray(tensors["weights"], np.float32),
        biases=np.asarray(tensors["biases"], np.float64),
        thresholds=tuple(map(float, description["thresholds"])),
        facts=description["facts"],
    )
