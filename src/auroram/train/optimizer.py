"""The optimizers that a recipe can name. The learning rate is set at every step from outside."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.optim import Optimizer

from auroram.settings import PositiveFloat, Share, Weight, settings
from auroram.train.adafactor import Factored


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that share a learning rate."""

    parameters: Collection[Tensor]
    rate: float = 1.0
    """Relative to the schedule's."""


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

    def build(self, groups: Iterable[Group]) -> Optimizer:
        """The optimizer of these parameters, all of which train; no group shares any."""
        return Factored(_options(groups, self.weight_decay))


AnyOptimizer = Annotated[AdamW | Adafactor, Field(discriminator="kind")]
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
        {"params": chosen, "weight_decay": decay, "rate": group.rate}
        for group in groups
        for chosen, decay in (
            ([p for p in group.parameters if p.ndim > 1], weight_decay),
            ([p for p in group.parameters if p.ndim <= 1], 0.0),
        )
    ]
    return [option for option in options if option["params"]]
