"""Adafactor on tensors that ranks share out.

torch's own cannot: what it keeps of a matrix, the means of its rows and columns, has another shape
than the matrix, and so cannot be cut as it is. They are small, so here each rank keeps them whole.
On one process both give the same numbers (`tests/unit/train/test_adafactor.py`).

Source: Shazeer & Stern 2018, arXiv:1804.04235, algorithms 4 and 5, with torch's defaults.
"""

from collections.abc import Callable, Iterable
from math import sqrt
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

from auroram.train.blocks import Block, block_of, local

EPSILON, SMALLEST_SCALE = torch.finfo(torch.float32).eps, 1e-3
LARGEST_UPDATE = 1.0
DECAY = -0.8
WHOLE = ("step", "row_var", "col_var")
"""What is kept whole on each rank; `variance`, of vectors, is cut as they are."""


class Factored(Optimizer):
    """The optimizer of tensors that lie on one rank or on several."""

    def __init__(self, groups: Iterable[dict[str, Any]]) -> None:
        super().__init__(groups, {"lr": 0.0, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move each parameter that has a gradient."""
        assert closure is None, "the gradients are there before a step"
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    gradient = local(parameter.grad)
                    self._move(parameter, gradient, group["lr"], group["weight_decay"])

    def _move(self, parameter: Tensor, gradient: Tensor, rate: float, decay: float) -> None:
        state, weight = self.state[parameter], local(parameter)
        if not state:
            state |= _first(parameter, weight)
        state["step"] += 1
        steps = float(state["step"])
        size = _root_mean_square(weight, parameter)
        scale = max(SMALLEST_SCALE, size) * min(rate, 1 / sqrt(steps))
        weight.mul_(1 - rate * decay)
        squares = _squares(state, gradient, parameter, share=steps**DECAY)
        update = squares.clamp(min=EPSILON**2).rsqrt().mul_(gradient)
        too_large = _root_mean_square(update, parameter) / LARGEST_UPDATE
        weight.add_(update, alpha=-scale / max(1.0, too_large))


def _first(parameter: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """What is kept of a parameter before its first step."""
    step = torch.tensor(0.0)
    if parameter.ndim < 2:
        return {"step": step, "variance": torch.zeros_like(parameter)}
    *before, rows, columns = parameter.shape
    return {
        "step": step,
        "row_var": weight.new_zeros((*before, rows, 1)),
        "col_var": weight.new_zeros((*before, 1, columns)),
    }


def _squares(
    state: dict[str, Tensor], gradient: Tensor, parameter: Tensor, *, share: float
) -> Tensor:
    """What the squares of the gradient are taken to be, after it had its share in their means."""
    if parameter.ndim < 2:
        own = local(state["variance"])
        own.lerp_(gradient.square(), share)
        return own
    block, (rows, columns) = block_of(parameter), parameter.shape[-2:]
    square = gradient.square()
    row_var, col_var = state["row_var"], state["col_var"]
    row_var.lerp_(_sum(square.sum(-1, keepdim=True), parameter, block, -1) / columns, share)
    col_var.lerp_(_sum(square.sum(-2, keepdim=True), parameter, block, -2) / rows, share)
    mean = row_var.mean(-2, keepdim=True).clamp(min=EPSILON)
    own_rows, own_columns = row_var[_within(block, -1)], col_var[_within(block, -2)]
    return own_rows @ own_columns / mean[_within(block, -1, -2)]


def _within(block: Block, *summed: int) -> tuple[slice, ...]:
    """Where a block lies, along the axes that were not summed."""
    places = [slice(a, b) for a, b in zip(block.offset, block.ends, strict=True)]
    for axis in summed:
        places[axis] = slice(None)
    return tuple(places)


def _sum(part: Tensor, parameter: Tensor, block: Block, axis: int) -> Tensor:
    """Sums over one axis of a whole tensor, of which this rank has those of its own block."""
    shape = list(parameter.shape)
    shape[axis] = 1
    whole = part.new_zeros(shape)
    whole[_within(block, axis)] = part
    return _over_ranks(whole, parameter)


def _root_mean_square(own: Tensor, parameter: Tensor) -> float:
    """Of a whole tensor, of which this rank has its own block."""
    total = _over_ranks(own.square().sum(), parameter)
    return sqrt(total.item() / parameter.numel())


def _over_ranks(own: Tensor, parameter: Tensor) -> Tensor:
    """Added up over the ranks that have different blocks of a parameter."""
    if isinstance(parameter, DTensor):
        for axis, placement in enumerate(parameter.placements):
            if not placement.is_replicate():
                dist.all_reduce(own, group=parameter.device_mesh.get_group(axis))
    return own
