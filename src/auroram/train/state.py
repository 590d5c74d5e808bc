"""What a step changes: weights, moments, averages, and the number of steps done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from auroram.errors import DataError
from auroram.train.adafactor import WHOLE
from auroram.train.bad_steps import Watch
from auroram.train.blocks import StoredTensors, block_of, local, with_local
from auroram.train.checkpoint import Checkpoint, rounded
from auroram.train.optimizer import moments_of, restore_moments
from auroram.train.parts import Checkpoints


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
    shapes: Mapping[str, Tensor] = field(default_factory=dict)
    """All that trains on all ranks together, by name, without numbers."""
    copied: frozenset[str] = frozenset()
    """Names of weights that another rank keeps and saves too."""
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
        own = {key: tensor for key, tensor in tensors.items() if _weight_of(key) not in self.copied}
        return Checkpoint(step=self.step, tensors=own, log_bytes=log_bytes)

    @torch.no_grad()
    def restore(self, checkpoint: Checkpoint) -> None:
        """Become what was saved, bit for bit, or this rank's part of it.

        Raises:
            DataError: where it was saved of another model.
        """
        stored = checkpoint.tensors
        self._check(stored, checkpoint.step)
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
            name, moment = _weight_of(key), key.rpartition(".")[2]
            if key.startswith("moments/") and name in self.weights:
                weight = self.weights[name]
                cut = moment not in WHOLE
                value = _part(stored, key, weight) if cut else stored[key]
                moments[f"{numbers[name]}.{moment}"] = _like(weight, value.float(), cut=cut)
        return moments

    def _check(self, stored: Mapping[str, Tensor], step: int) -> None:
        """Refuse what was saved of other weights than those that train on all ranks together."""
        known = {name: tuple(one.shape) for name, one in (self.shapes or self.weights).items()}
        saved = (key for key in stored if key.startswith("weights/"))
        found = {_weight_of(key): _shape(stored, key) for key in saved}
        if known == found:
            return
        other = min({*known.items()} ^ {*found.items()})
        raise DataError(
            f"the checkpoint of step {step} is of another model ({other[0]} of shape "
            f"{list(other[1])} is in one of them alone); remove the stage's .checkpoints to start "
            "it anew"
        )

    @torch.no_grad()
    def take_averages(self) -> None:
        """Replace the last weights by their averages, where these are kept."""
        for name, average in self.averages.items():
            self.weights[name].copy_(average)

    def let_go(self) -> None:
        """Forget what only steps need: the moments and the averages."""
        self.optimizer.state.clear()
        self.averages = {}

    def _order(self) -> list[str]:
        """Names of the parameters as the optimizer counts them."""
        names = {id(weight): name for name, weight in self.weights.items()}
        groups = self.optimizer.param_groups
        return [names[id(weight)] for group in groups for weight in group["params"]]


def _weight_of(key: str) -> str:
    """The weight that a tensor of a checkpoint belongs to."""
    part, _, name = key.partition("/")
    return name.rpartition(".")[0] if part == "moments" else name


def _shape(stored: Mapping[str, Tensor], key: str) -> tuple[int, ...]:
    return stored.shape(key) if isinstance(stored, StoredTensors) else tuple(stored[key].shape)


def _under(part: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{part}/{name}": tensor for name, tensor in tensors.items()}


def _by_name(moments: Mapping[str, Tensor], order: Sequence[str]) -> dict[str, Tensor]:
    """The moments by the names of their parameters: numbers change with the number of ranks."""
    keys = {key: key.split(".", 1) for key in moments}
    return {f"{order[int(index)]}.{moment}": moments[key] for key, (index, moment) in keys.items()}


def _part(stored: Mapping[str, Tensor], key: str, like: Tensor) -> Tensor:
    """This rank's part of what is stored, cut as `like` is."""
    return stored.block(key, block_of(like)) if isinstance(stored, StoredTensors) else stored[key]


def _like(weight: Tensor, value: Tensor, *, cut: bool) -> Tensor:
    """A moment as the optimizer wants it: cut as its weight is, or whole on every rank."""
    value = value.to(weight.device)
    return with_local(weight, value) if cut and isinstance(weight, DTensor) else value
