"""Averages of weights: over the steps of a stage, and between a stage and where it came from."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from auroram.model.stored import StoredWeights
from auroram.train.merging import between
from auroram.train.parts import Ema, Merge


@torch.no_grad()
def take_in(
    ema: Ema, averages: Mapping[str, Tensor], weights: Mapping[str, Tensor], n: int
) -> None:
    """Let the averages take in the weights after step `n`, counted from 1."""
    keep = min(ema.decay, 1 - 1 / n)
    for name, average in averages.items():
        average.lerp_(weights[name], 1 - keep)


@torch.no_grad()
def merge_back(merge: Merge, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Move the weights, in place, towards those in a model folder, one tensor at a time.

    Raises:
        DataError: where the folder lacks a tensor or holds another shape.
    """
    stored = StoredWeights(folder)
    stored.check({name: tuple(weight.shape) for name, weight in weights.items()})
    for name, weight in weights.items():
        weight.copy_(between(stored.tensor(name), weight, merge.share))
