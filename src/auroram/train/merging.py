"""Ways to make one model of several, tensor by tensor: pure functions of the weights.

A task vector is what a model's training added to the base: its tensor less the base's. All
arithmetic is in float32. Every tensor is merged for itself, so a model never has to be in memory
whole; TIES and DARE, too, choose within each tensor, where their papers' code chooses in the whole
model.

Shape letters: N models that are merged; the tensors may have any shape of their own.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from auroram.train.merge_settings import AnyMethod, Dare, Linear, Slerp, TaskArithmetic, Ties

PARALLEL = 0.9995
"""Cosine above which two tensors are taken to point one way, and the arc between them straight."""


def merged_tensor(
    method: AnyMethod,
    base: Tensor,
    tensors: Sequence[Tensor],
    weights: Sequence[float],
    *,
    seed: int,
) -> Tensor:
    """One tensor of the merged model.

    Args:
        method: of merging.
        base: the tensor of the model that all began from.
        tensors: of the models, in order.
        weights: of the models, in order.
        seed: for what is drawn by chance.
    """
    match method:
        case Linear():
            return _mean(tensors, weights)
        case Slerp():
            return _on_arc(base, tensors[0], weights[0])
        case TaskArithmetic(scale=scale):
            return base + scale * _weighted(_tasks(base, tensors), weights).sum(0)
        case Ties(scale=scale):
            return base + scale * _agreed(method, _tasks(base, tensors), weights)
        case Dare(scale=scale):
            return base + scale * _thinned(method, _tasks(base, tensors), weights, seed).sum(0)


def _mean(tensors: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """The mean, taken up one model after another."""
    mean, total = tensors[0], weights[0]
    for tensor, weight in zip(tensors[1:], weights[1:], strict=True):
        total += weight
        if weight:
            mean = between(mean, tensor, weight / total)
    return mean


def _on_arc(base: Tensor, tensor: Tensor, share: float) -> Tensor:
    """The point on the arc, lengths mixed as the directions are."""
    lengths = base.double().norm() * tensor.double().norm()
    cosine = (base.double() * tensor.double()).sum() / lengths.clamp(min=1e-30)
    if cosine.abs() > PARALLEL:
        return between(base, tensor, share)
    angle = cosine.clamp(-1, 1).acos()
    near, far = ((1 - share) * angle).sin(), (share * angle).sin()
    made: Tensor = (near * base + far * tensor) / angle.sin()
    return made.float()


def _agreed(method: Ties, tasks_N: Tensor, weights: Sequence[float]) -> Tensor:
    """Trimmed task vectors, merged where they have the elected sign."""
    trimmed_N = torch.stack([_largest(task, method.density) for task in tasks_N])
    weighted_N = _weighted(trimmed_N, weights)
    kept_N = _elected(weighted_N)
    total = _weighted(kept_N.float(), weights).sum(0)
    return (weighted_N * kept_N).sum(0) / total.where(total > 0, 1.0)


def _thinned(method: Dare, tasks_N: Tensor, weights: Sequence[float], seed: int) -> Tensor:
    """Task vectors without the entries that chance drops, the others enlarged."""
    chance = torch.Generator().manual_seed(seed)
    kept_N = torch.rand(tasks_N.shape, generator=chance) < method.density
    weighted_N = _weighted(tasks_N * kept_N / method.density, weights)
    return weighted_N * _elected(weighted_N) if method.elect_signs else weighted_N


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
