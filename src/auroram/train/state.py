"""What a step changes: weights, moments, averages, and the number of steps done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from auroram.train.bad_steps import Watch
from auroram.train.blocks import StoredTensors, block_of, local, with_local
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
    watch: Watch = field(default_factory=Watch)
    """What is known of the steps done: the reports of the last ones, and which were left out."""

    def checkpoint(self, settings: Checkpoints, log_bytes: Mapping[str, int]) -> Checkpoint:
        """Everything that a resumed run needs, without a copy."""
        moments = rounded(moments_of(self.optimizer), settings.moments)
        weights = {name: weight.detach() for name, weight in self.weights.items()}
        tensors = (
            _under("weights", weights)
            | _under("moments", _by_name(moments, self._order()))
            | _under("averages", self.averages)
        )
        return Checkpoint(step=self.step, tensors=tensors, log_bytes=log_bytes)

    @torch.no_grad()
    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what was saved, bit for bit, or this rank's part of it.

        Raises:
            DataError: where it was saved of another model.
        """
        stored = checkpoint.tensors
        for name, weight in self.weights.items():
            local(weight).copy_(_part(stored, f"weights/{name}", weight))
        for name, average in self.averages.items():
            local(average).copy_(_part(stored, f"averages/{name}", average))
        restore_moments(self.optimizer, self._moments(stored))
        self.step = checkpoint.step

    def _moments(self, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The stored moments by the numbers of their parameters."""
        moments, numbers = {}, {name: i for i, name in enumerate(self._order())}
        for key in stored:
            name, _, moment = key.removeprefix("moments/").rpartition(".")
            if key.startswith("moments/"):
                value = _part(stored, key, self.weights[name]).float()
                moments[f"{numbers[name]}.{moment}"] = _as_moment(value, self.weights[name])
        return moments

    @torch.no_grad()
    def take_averages(self) -> None:
        """Replace the last weights by their averages, where these are kept."""
        for name, average in self.averages.items():
            self.weights[name].copy_(average)

    def _order(self) -> list[str]:
        """Names of the parameters as the optimizer counts them."""
        names = {id(weight): name for name, weight in self.weights.items()}
        groups = self.optimizer.param_groups
        return [names[id(weight)] for group in groups for weight in group["params"]]


def _under(part: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{part}/{name}": tensor for name, tensor in tensors.items()}


def _by_name(moments: Mapping[str, Tensor], order: Sequence[str]) -> dict[str, Tensor]:
    """The moments by the names of their parameters: numbers change with the number of ranks."""
    keys = {key: key.split(".", 1) for key in moments}
    return {f"{order[int(index)]}.{moment}": moments[key] for key, (index, moment) in keys.items()}


def _part(stored: Mapping[str, Tensor], key: str, like: Tensor) -> Tensor:
    """This rank's part of what is stored, cut as `like` is; whole where the shapes differ."""
    if isinstance(stored, StoredTensors) and stored.shape(key) == tuple(like.shape):
        return stored.block(key, block_of(like))
    return stored[key]


def _as_moment(value: Tensor, weight: Tensor) -> Tensor:
    """The moment cut as its weight is; a count is whole on every rank."""
    if isinstance(weight, DTensor) and value.ndim and value.shape == local(weight).shape:
        return with_local(weight, value)
    return value
