"""What a step changes: weights, moments, averages, and the number of steps done."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from auroram.train.checkpoint import Checkpoint, Checkpoints, rounded
from auroram.train.optimizer import moments_of, restore_moments


@dataclass(slots=True, kw_only=True)
class State:
    """The moving parts of a stage. The tensors are the live ones."""

    weights: Mapping[str, nn.Parameter]
    """The parameters that train, by name."""
    optimizer: Optimizer
    averages: Mapping[str, Tensor] = field(default_factory=dict)
    """Moving averages of the weights; empty where the stage keeps none."""
    step: int = 0
    """Steps done."""

    def checkpoint(self, settings: Checkpoints, log_bytes: Mapping[str, int]) -> Checkpoint:
        """Everything that a resumed run needs, without a copy."""
        moments = rounded(moments_of(self.optimizer), settings.moments)
        weights = {name: weight.detach() for name, weight in self.weights.items()}
        tensors = (
            _under("weights", weights)
            | _under("moments", moments)
            | _under("averages", self.averages)
        )
        return Checkpoint(step=self.step, tensors=tensors, log_bytes=log_bytes)

    @torch.no_grad()
    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what was saved, bit for bit."""
        for name, weight in self.weights.items():
            weight.copy_(checkpoint.tensors[f"weights/{name}"])
        for name, average in self.averages.items():
            average.copy_(checkpoint.tensors[f"averages/{name}"])
        saved = {
            key.removeprefix("moments/"): tensor.float()
            for key, tensor in checkpoint.tensors.items()
            if key.startswith("moments/")
        }
        restore_moments(self.optimizer, saved)
        self.step = checkpoint.step


def _under(part: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{part}/{name}": tensor for name, tensor in tensors.items()}
