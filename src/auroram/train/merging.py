"""Ways to make one model of several, tensor by tensor: pure functions of the weights.

A task vector is what a model's training added to the base: its tensor less the base's. All
arithmetic is in float32. Every tensor is merged for itself, so a model never has to be in memory
whole; TIES and DARE, too, choose within each tensor, where their papers' code chooses in the whole
model.

Shape letters: N models that are merged; the tensors may have any shape of their own.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from annotated_types import Gt, Le
from pydantic import Field
from torch import Tensor

from auroram.settings import PositiveFloat, settings

Density = Annotated[float, Gt(0), Le(1)]

PARALLEL = 0.9995
"""Cosine above which two tensors are taken to point one way, and the arc between them straight."""


@settings
class Linear:
    """The mean of the models, by their weights; the base counts where it is named among them.

    Source: Wortsman et al. 2022, arXiv:2203.05482.
    """

    kind: Literal["linear"] = "linear"

    def merged(
        self, base: Tensor, tensors: Sequence[Tensor], weights: Sequence[float], *, seed: int
    ) -> Tensor:
        """The mean, taken up one model after another."""
        del base, seed
        mean, total = tensors[0], weights[0]
        for tensor, weight in zip(tensors[1:], weights[1:], strict=True):
            total += weight
            if weight:
                mean = between(mean, tensor, weight / total)
        return mean


@settings
class Slerp:
    """Along the arc from the base to one model, whose weight says how far: 0 to 1.

    Source: Shoemake 1985, Animating rotation with quaternion curves.
    """

    kind: Literal["slerp"] = "slerp"

    def merged(
        self, base: Tensor, tensors: Sequence[Tensor], weights: Sequence[float], *, seed: int
    ) -> Tensor:
        """The point on the arc, lengths mixed as the directions are."""
        del seed
        (tensor,), (share,) = tensors, weights
        lengths = base.double().norm() * tensor.double().norm()
        cosine = (base.double() * tensor.double()).sum() / lengths.clamp(min=1e-30)
        if cosine.abs() > PARALLEL:
            return between(base, tensor, share)
        angle = cosine.clamp(-1, 1).acos()
        near, far = ((1 - share) * angle).sin(), (share * angle).sin()
        made: Tensor = (near * base + far * tensor) / angle.sin()
        return made.float()


@settings
class TaskArithmetic:
    """The base and the task vectors on top of it, each times its model's weight.

    Source: Ilharco et al. 2022, arXiv:2212.04089.
    """

    kind: Literal["task-arithmetic"] = "task-arithmetic"
    scale: PositiveFloat = 1.0
    """What the sum of the task vectors is multiplied by."""

    def merged(
        self, base: Tensor, tensors: Sequence[Tensor], weights: Sequence[float], *, seed: int
    ) -> Tensor:
        """The sum."""
        del seed
        return base + self.scale * _weighted(_tasks(base, tensors), weights).sum(0)


@settings
class Ties:
    """Task vectors trimmed to their largest entries; of the others, those of the elected sign.

    An entry's sign is that of the sum over the models; the mean of the entries with that sign, by
    their models' weights, goes on top of the base.

    Source: Yadav et al. 2023, arXiv:2306.01708.
    """

    kind: Literal["ties"] = "ties"
    density: Density = 0.2
    """Share of the entries of a task vector that is kept, the largest."""
    scale: PositiveFloat = 1.0
    """What the merged task vector is multiplied by."""

    def merged(
        self, base: Tensor, tensors: Sequence[Tensor], weights: Sequence[float], *, seed: int
    ) -> Tensor:
        """Trim, elect signs, merge what agrees."""
        del seed
        trimmed_N = torch.stack([_largest(task, self.density) for task in _tasks(base, tensors)])
        weighted_N = _weighted(trimmed_N, weights)
        kept_N = _elected(weighted_N)
        total = _weighted(kept_N.float(), weights).sum(0)
        return base + self.scale * (weighted_N * kept_N).sum(0) / total.where(total > 0, 1.0)


@settings
class Dare:
    """Task vectors with most entries dropped by chance and the others enlarged in return.

    The same seed drops the same entries. Source: Yu et al. 2023, arXiv:2311.03099.
    """

    kind: Literal["dare"] = "dare"
    density: Density = 0.1
    """Share of the entries that is kept; they are divided by it."""
    elect_signs: bool = False
    """Whether only entries of the elected sign count, as in TIES."""
    scale: PositiveFloat = 1.0
    """What the merged task vector is multiplied by."""

    def merged(
        self, base: Tensor, tensors: Sequence[Tensor], weights: Sequence[float], *, seed: int
    ) -> Tensor:
        """Drop, enlarge, add up."""
        chance = torch.Generator().manual_seed(seed)
        tasks_N = _tasks(base, tensors)
        kept_N = torch.rand(tasks_N.shape, generator=chance) < self.density
        weighted_N = _weighted(tasks_N * kept_N / self.density, weights)
        if self.elect_signs:
            weighted_N *= _elected(weighted_N)
        return base + self.scale * weighted_N.sum(0)


AnyMethod = Annotated[Linear | Slerp | TaskArithmetic | Ties | Dare, Field(discriminator="kind")]
"""The methods that a recipe can name by `kind`."""


def between(base: Tensor, other: Tensor, share: float) -> Tensor:
    """The tensor a share of the way from the base to the other, on a straight line."""
    return torch.lerp(base, other, share)


def _tasks(base: Tensor, tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack([tensor - base for tensor in tensors])


def _weighted(tasks_N: Tensor, weights: Sequence[float]) -> Tensor:
    return tasks_N * torch.tensor(weights).view(-1, *[1] * (tasks_N.ndim - 1))


def _largest(task: Tensor, density: float) -> Tensor:
    """The task vector with all but its largest entries at 0; of equal ones the first stay."""
    sizes = task.abs().flatten()
    count = max(1, int(density * sizes.numel()))
    # The one at the border is found in linear time, where sorting takes most of a merge.
    border = sizes.kthvalue(sizes.numel() - count + 1).values
    kept = sizes > border
    equal = (sizes == border).nonzero()[:, 0]
    kept[equal[: count - int(kept.sum())]] = True
    return task * kept.view(task.shape)


def _elected(weighted_N: Tensor) -> Tensor:
    """Where a weighted task vector has the sign of the sum over all of them."""
    sign = torch.where(weighted_N.sum(0) >= 0, 1.0, -1.0)
    return weighted_N.sign() == sign
