"""Averages of weights: over the steps of a stage, and between a stage and where it came from."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from auroram.model.stored import StoredWeights
from auroram.settings import Share, settings
from auroram.train.merging import between


@settings
class Ema:
    """Exponential moving average of the weights; the stage ends with the average.

    The mean of all steps so far until it is as long as the exponential one, so that the weights
    that the stage began with have no part in it.

    Source: Polyak & Juditsky 1992; for language models Kaddour 2022, arXiv:2209.14981.
    """

    decay: Share = 0.98
    """How much of the average each step keeps, in the long run."""

    @torch.no_grad()
    def update(self, averages: Mapping[str, Tensor], weights: Mapping[str, Tensor], n: int) -> None:
        """Let the averages take in the weights after step `n`, counted from 1."""
        keep = min(self.decay, 1 - 1 / n)
        for name, average in averages.items():
            average.lerp_(weights[name], 1 - keep)


@settings
class Merge:
    """At the end, weights between the stage's and an earlier stage's.

    Other ways to merge, and merges of more models, are a stage of their own, of kind `merge`.

    Source: Wortsman et al. 2022 (WiSE-FT), arXiv:2109.01903.
    """

    base: str = "base"
    """The earlier stage."""
    share: Share = 0.7
    """0 gives the earlier stage's weights, 1 changes nothing."""

    @torch.no_grad()
    def apply(self, weights: Mapping[str, Tensor], folder: Path) -> None:
        """Move the weights, in place, towards those in a model folder, one tensor at a time.

        Raises:
            DataError: where the folder lacks a tensor or holds another shape.
        """
        stored = StoredWeights(folder)
        stored.check({name: tuple(weight.shape) for name, weight in weights.items()})
        for name, weight in weights.items():
            weight.copy_(between(stored.tensor(name), weight, self.share))
