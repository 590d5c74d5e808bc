"""The optimizers that a recipe can name. The learning rate is set at every step from outside."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from auroram.errors import ConfigError
from auroram.settings import PositiveFloat, Share, Weight, settings
from auroram.train.adafactor import Factored
from auroram.train.muon import MuonAndAdamW


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that share a learning rate."""

    parameters: Collection[Tensor]
    rate: float = 1.0
    """Relative to the schedule's."""
    embeds: bool = False
    """Whether these are embeddings, whose rows belong to tokens."""


@settings
class AdamW:
    """Adam with decoupled weight decay: two float32 moments a parameter.

    Source: Loshchilov & Hutter 2019, arXiv:1711.05101.
    """

    kind: Literal["adamw"] = "adamw"
    betas: tuple[Share, Share] = (0.9, 0.95)
    """How much of the first and of the second moment each step keeps."""
    epsilon: PositiveFloat = 1e-8
    weight_decay: Weight = 0.0
    """Pull to zero, times the learning rate, on matrices alone."""

    def moment_bytes(self, matrices: int, others: int) -> int:
        """Bytes that are kept of so many numbers in matrices of layers, and of so many others."""
        return 8 * (matrices + others)

    def build(self, groups: Iterable[Group]) -> Optimizer:
        """The optimizer of these parameters, all of which train; no group shares any."""
        return torch.optim.AdamW(
            _options(groups, self.weight_decay), betas=self.betas, eps=self.epsilon, fused=True
        )


@settings
class Adafactor:
    """Second moments by row and column only: hardly any memory, and small checkpoints.

    The learning rate is relative to the size of each tensor, so it is larger than Adam's.

    Source: Shazeer & Stern 2018, arXiv:1804.04235.
    """

    kind: Literal["adafactor"] = "adafactor"
    weight_decay: Weight = 0.0
    """Pull to zero, times the learning rate, on matrices alone."""

    def moment_bytes(self, matrices: int, others: int) -> int:
        """As AdamW's; what is kept of rows and columns is not worth counting."""
        del matrices, others
        return 0

    def build(self, groups: Iterable[Group]) -> Optimizer:
        """The optimizer of these parameters, all of which train; no group shares any."""
        return Factored(_options(groups, self.weight_decay))


@settings
class Muon:
    """Matrices of the layers move with all directions alike, the rest by AdamW.

    A matrix has one moment, and learning rates are as AdamW's. It needs whole matrices, and so one
    process. Liu et al. 2025 (arXiv:2502.16982) report half the computation for the same loss in
    pretraining from nothing.
    """

    kind: Literal["muon"] = "muon"
    momentum: Share = 0.95
    """How much of its momentum a matrix keeps."""
    betas: tuple[Share, Share] = (0.9, 0.95)
    """Of AdamW, for vectors and embeddings, as is `epsilon`."""
    epsilon: PositiveFloat = 1e-8
    weight_decay: Weight = 0.0
    """Pull to zero, times the learning rate, on matrices alone."""

    def moment_bytes(self, matrices: int, others: int) -> int:
        """As AdamW's: a matrix has its momentum alone."""
        return 4 * matrices + 8 * others

    def build(self, groups: Iterable[Group]) -> Optimizer:
        """The optimizer of these parameters, all of which train; no group shares any.

        Raises:
            ConfigError: where ranks share out a matrix.
        """
        chosen = list(groups)
        if any(isinstance(weight, DTensor) for group in chosen for weight in group.parameters):
            raise ConfigError(
                "optimizer: muon needs whole matrices, which several ranks share out; "
                "take kind 'adamw', or train with one process"
            )
        return MuonAndAdamW(
            _options(chosen, self.weight_decay),
            momentum=self.momentum,
            betas=self.betas,
            epsilon=self.epsilon,
        )


AnyOptimizer = Annotated[AdamW | Adafactor | Muon, Field(discriminator="kind")]
"""The optimizers that a recipe can name by `kind`."""


def moments_of(optimizer: Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors, live, named by the parameter's number and the moment's name."""
    return {
        f"{index}.{name}": value
        for index, moments in optimizer.state_dict()["state"].items()
        for name, value in moments.items()
        if isinstance(value, Tensor)
    }


def restore_moments(optimizer: Optimizer, saved: dict[str, Tensor]) -> None:
    """Put back what `moments_of` gave."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in saved.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )


def _options(groups: Iterable[Group], weight_decay: float) -> list[dict[str, Any]]:
    """What torch's optimizers take: matrices decay, vectors do not."""
    options = [
        {
            "params": chosen,
            "weight_decay": decay,
            "rate": group.rate,
            "matrices": not group.embeds and all(p.ndim == 2 for p in chosen),
        }
        for group in groups
        for chosen, decay in (
            ([p for p in group.parameters if p.ndim > 1], weight_decay),
            ([p for p in group.parameters if p.ndim <= 1], 0.0),
        )
    ]
    return [option for option in options if option["params"]]
