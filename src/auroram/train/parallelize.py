"""A model made parallel in place: one step below another, each over its own axis of the mesh."""

from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatch
from functools import partial
from math import prod
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Replicate
from torch.distributed.tensor.parallel import parallelize_module
from transformers import PreTrainedModel

from auroram.train.blocks import local
from auroram.train.forward import whole_nats
from auroram.train.tensor_plan import PARTIAL, STYLES, tensor_plan

LAYER_LISTS = ("layers", "h", "blocks", "block")
"""What decoders call the list of their layers."""


def parallelize(
    model: PreTrainedModel, mesh: DeviceMesh | None, trained: Mapping[str, nn.Parameter]
) -> dict[str, nn.Parameter]:
    """Cut the model among the ranks of the mesh; without one nothing changes.

    Args:
        model: whole on each rank, and the same on all.
        mesh: with the axes `data` and `tensor`.
        trained: the parameters that train, by name.

    Returns:
        The same names with the parameters that took the places of those that were given.
    """
    if mesh is None:
        return dict(trained)
    if mesh["tensor"].size() > 1:
        cut_matrices(model, mesh["tensor"])
    if mesh["data"].size() > 1:
        share_out_layers(model, mesh["data"])
    now = dict(model.named_parameters())
    return {name: now[name] for name in trained}


def cut_matrices(model: PreTrainedModel, mesh: DeviceMesh) -> None:
    """Tensor parallelism by the model's own plan."""
    plan = {name: STYLES[style]() for name, style in tensor_plan(model).items() if style in STYLES}
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    parallelize_module(model.base_model, mesh, plan)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)


def share_out_layers(model: PreTrainedModel, mesh: DeviceMesh) -> None:
    """Fully sharded data parallelism (FSDP2): whole are only the layers that are at work.

    The loss becomes the model's forward pass, so that the output head is whole when it is needed.

    Source: Zhao et al. 2023, arXiv:2304.11277; Rajbhandari et al. 2020 (ZeRO), arXiv:1910.02054.
    """
    model.forward = partial(whole_nats, model)
    for layer in decoder_layers(model):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)


def decoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    """The layers of a decoder in order.

    Raises:
        ValueError: where they are not under a name that is known.
    """
    lists = (getattr(model.base_model, name, None) for name in LAYER_LISTS)
    found = next((layers for layers in lists if isinstance(layers, nn.ModuleList)), None)
    if found is None:
        raise ValueError(f"the layers of a {model.config.model_type!r} were not found")
    return found


def partial_weights(model: PreTrainedModel, mesh: DeviceMesh | None) -> tuple[nn.Parameter, ...]:
    """Weights, such as query and key norms, of whose gradient each tensor rank holds a part."""
    if mesh is None or mesh["tensor"].size() == 1:
        return ()
    patterns = [f"{name}.*" for name, style in tensor_plan(model).items() if style == PARTIAL]
    named = model.base_model.named_parameters()
    return tuple(p for name, p in named if any(fnmatch(name, one) for one in patterns))


def by_mesh(parameters: Iterable[Tensor]) -> list[list[Tensor]]:
    """The parameters in groups that lie on the same ranks: torch does not mix them in a call."""
    groups: dict[Any, list[Tensor]] = {}
    for parameter in parameters:
        mesh = parameter.device_mesh if isinstance(parameter, DTensor) else None
        groups.setdefault(mesh, []).append(parameter)
    return list(groups.values())


def clip_gradients(parameters: Collection[Tensor], highest_norm: float) -> Tensor:
    """Norm of all gradients together, wherever they lie; they are shortened to the highest one."""
    groups = by_mesh(parameters)
    if not any(isinstance(group[0], DTensor) for group in groups):
        return nn.utils.clip_grad_norm_(parameters, highest_norm)
    total = total_norm([p.grad for p in parameters if p.grad is not None])
    for group in groups:
        nn.utils.clip_grads_with_norm_(group, highest_norm, total)
    return total


def total_norm(gradients: Collection[Tensor]) -> Tensor:
    """Norm of these gradients, in one sum over the ranks; what several hold counts once."""
    if not any(isinstance(gradient, DTensor) for gradient in gradients):
        return nn.utils.get_total_norm(gradients)
    by_holders: dict[int, list[Tensor]] = {}
    for gradient in gradients:
        by_holders.setdefault(_holders(gradient), []).append(local(gradient))
    squares = [nn.utils.get_total_norm(g).double() ** 2 / n for n, g in by_holders.items()]
    total = torch.stack(squares).sum()
    dist.all_reduce(total)
    return total.sqrt().float()


def _holders(tensor: Tensor) -> int:
    """How many ranks hold the same numbers of a tensor as this one does."""
    ranks = dist.get_world_size()
    if isinstance(tensor, DTensor):
        axes = zip(tensor.device_mesh.shape, tensor.placements, strict=True)
        ranks //= prod(size for size, placement in axes if not placement.is_replicate())
    return ranks


@torch.no_grad()
def gathered_weights(model: PreTrainedModel, *, keep: bool) -> dict[str, Tensor]:
    """The whole weights by name, one gathered after another; empty where they are not kept.

    All ranks must ask, also those that do not keep them.
    """
    weights = {}
    for name, parameter in model.named_parameters():
        whole = _gathered(parameter)
        if keep:
            weights[name] = whole.detach().cpu()
    return weights


def _gathered(tensor: Tensor) -> Tensor:
    if not isinstance(tensor, DTensor):
        return tensor
    placements = list(tensor.placements)
    for axis in range(len(placements)):
        placements[axis] = Replicate()
        tensor = tensor.redistribute(placements=placements)
    whole: Tensor = tensor.to_local()
    return whole
