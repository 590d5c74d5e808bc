"""The optimizers that a recipe can name. The learning rate is set at every step from outside."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from auroram.train.adafactor import Factored
from auroram.train.muon import MuonAndAdamW
from auroram.train.optimizer_settings import Adafactor, AdamW, AnyOptimizer, Muon


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that share a learning rate."""

    parameters: Collection[Tensor]
    rate: float = 1.0
    """Relative to the schedule's."""
    embeds: bool = False
    """Whether these are embeddings, whose rows belong to tokens."""


def optimizer_of(settings: AnyOptimizer, groups: Iterable[Group]) -> Optimizer:
    """The optimizer of these parameters, all of which train; no group shares any."""
    chosen = list(groups)
    options = _options(chosen, settings.weight_decay)
    match settings:
        case AdamW(betas=betas, epsilon=epsilon):
            return torch.optim.AdamW(options, betas=betas, eps=epsilon, fused=True)
        case Adafactor():
            return Factored(options)
        case Muon(momentum=momentum, betas=betas, epsilon=epsilon):
            return MuonAndAdamW(options, momentum=momentum, betas=betas, epsilon=epsilon)


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
