"""Averages of weights: over the steps of a stage, and between a stage and where it came from."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from auroram.errors import DataError
from auroram.settings import Share, settings


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
        file = folder / "model.safetensors"
        if not file.is_file():
            raise DataError(f"{file}: not found; merge with a stage that has a model")
        with safe_open(file, framework="pt") as stored:
            names = set(stored.keys())
            for name, weight in weights.items():
                other = stored.get_tensor(name) if name in names else None
                if other is None or other.shape != weight.shape:
                    raise DataError(
                        f"{file}: no {name} of shape {tuple(weight.shape)}; "
                        "merge with a stage of the same model"
                    )
                weight.copy_(torch.lerp(other.float(), weight, self.share))
