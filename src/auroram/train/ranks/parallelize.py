"""A model made parallel in place: one step below another, each over its own axis of the mesh."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
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

from auroram.model.choices import Backend, Precision
from auroram.model.decoder import decoder_of
from auroram.train.blocks import local
from auroram.train.forward import hidden_states, whole_nats
from auroram.train.passes import Passes, WholePasses
from auroram.train.ranks.context import share_positions
from auroram.train.ranks.distributed import Degrees, Ranks
from auroram.train.ranks.pipeline import Pipeline, Stage
from auroram.train.ranks.pipeline_cut import (
    Place,
    decoder_layers,
    first_stage_of,
    keep_stage,
    tied_weights,
)
from auroram.train.ranks.tensor_plan import PARTIAL, styles_of, tensor_plan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parallel:
    """A model cut among ranks, as this one sees it."""

    weights: dict[str, nn.Parameter]
    """Those that train and that this rank has a part of, by name."""
    ranks: Ranks
    passes: Passes
    """Takes micro-batches through all of the model."""


def parallelize(
    model: PreTrainedModel,
    ranks: Ranks,
    trained: Collection[str],
    *,
    backend: Backend,
    precision: Precision,
) -> Parallel:
    """Cut the model among the ranks; on one nothing changes.

    Args:
        model: whole on each rank, and the same on all.
        ranks: that share the work.
        trained: names of the parameters that train.
        backend: of the attention.
        precision: of the matrix products.

    Raises:
        ValueError: where a stage of the pipeline has nothing to train.
    """
    passes: Passes = WholePasses()
    tied = tied_weights(model)
    if ranks.place.stages > 1:
        passes = lay_in_line(model, ranks, precision)
    if ranks.positions:
        share_positions(model, backend, ranks.positions)
    if ranks.mesh and ranks.degrees.tensor > 1:
        cut_matrices(model, ranks.mesh["tensor"])
    if ranks.mesh and ranks.degrees.share > 1:
        share_out_layers(model, ranks.mesh["share"], passes)
    now = {name: p for name, p in model.named_parameters() if name in trained}
    if not now:
        raise ValueError(
            f"stage {ranks.place.stage} of the pipeline has nothing to train; widen trains, or "
            "choose a lower mesh.pipeline"
        )
    twice = tuple(p for name, p in now.items() if name in tied and ranks.place.stages > 1)
    partly = partial_weights(model) if ranks.degrees.tensor > 1 else ()
    holding = ranks.holding(partial=partly, twice=twice)
    return Parallel(weights=now, ranks=holding, passes=passes)


def lay_in_line(model: PreTrainedModel, ranks: Ranks, precision: Precision) -> Pipeline:
    """Pipeline parallelism: of the layers this rank keeps a part."""
    assert ranks.mesh is not None
    inbox = keep_stage(model, ranks.place)
    stage = Stage(model, inbox, ranks.place, partial(hidden_states, model, precision=precision))
    return Pipeline(
        stage=stage,
        group=ranks.mesh.get_group("pipeline"),
        width=model.config.get_text_config().hidden_size,
        device=ranks.mesh.device_type,
    )


def cut_matrices(model: PreTrainedModel, mesh: DeviceMesh) -> None:
    """Tensor parallelism by the model's own plan."""
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    parallelize_module(decoder_of(model), mesh, styles_of(model))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)


def share_out_layers(model: PreTrainedModel, mesh: DeviceMesh, passes: Passes) -> None:
    """Fully sharded data parallelism (FSDP2): whole are only the layers that are at work.

    The loss becomes the model's forward pass, so that the output head is whole when it is needed;
    in a pipeline it is part of the last stage's.

    Source: Zhao et al. 2023, arXiv:2304.11277; Rajbhandari et al. 2020 (ZeRO), arXiv:1910.02054.
    """
    for layer in decoder_layers(model):
        if any(True for _ in layer.parameters()):
            fully_shard(layer, mesh=mesh)
    if isinstance(passes, Pipeline):
        fully_shard(passes.stage, mesh=mesh)
    else:
        model.forward = partial(whole_nats, model)
        fully_shard(model, mesh=mesh)


def partial_weights(model: PreTrainedModel) -> tuple[nn.Parameter, ...]:
    """Weights, such as query and key norms, of whose gradient each tensor rank holds a part."""
    patterns = [f"{name}.*" for name, style in tensor_plan(model).items() if style == PARTIAL]
    named = decoder_of(model).named_parameters()
    return tuple(p for name, p in named if any(fnmatch(name, one) for one in patterns))


def by_mesh(parameters: Iterable[Tensor]) -> list[list[Tensor]]:
    """The parameters in groups that lie on the same ranks: torch does not mix them in a call."""
    groups: dict[Any, list[Tensor]] = {}
    for parameter in parameters:
        mesh = parameter.device_mesh if isinstance(parameter, DTensor) else None
        groups.setdefault(mesh, []).append(parameter)
    return list(groups.values())


def clip_gradients(parameters: Collection[Tensor], highest_norm: float, ranks: Ranks) -> Tensor:
    """Norm of all gradients together, wherever they lie; they are shortened to the highest one."""
    if not ranks.mesh:
        return nn.utils.clip_grad_norm_(parameters, highest_norm)
    total: Tensor = total_norms([parameters], ranks)[0]
    for group in by_mesh(parameters):
        nn.utils.clip_grads_with_norm_(group, highest_norm, total)
    return total


def total_norms(groups: Collection[Collection[Tensor]], ranks: Ranks) -> Tensor:
    """Norm of the gradients of each group of parameters, in one sum over the ranks.

    What several hold counts once. All ranks must ask for the same number of groups.
    """
    if not ranks.mesh:
        norms = [nn.utils.get_total_norm(_gradients(group)) for group in groups]
        # That of no gradients at all lies on the processor.
        device = next((norm.device for norm in norms if norm.device.type != "cpu"), "cpu")
        return torch.stack([norm.to(device) for norm in norms])
    squares = torch.zeros(len(groups), dtype=torch.float64, device=ranks.mesh.device_type)
    for number, group in enumerate(groups):
        for gradient in _gradients(p for p in group if ranks.counts(p)):
            norm = torch.linalg.vector_norm(local(gradient)).double()
            squares[number] += norm**2 / _holders(gradient, ranks.degrees)
    dist.all_reduce(squares)
    return squares.sqrt().float()


def _gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    return [p.grad for p in parameters if p.grad is not None]


def _holders(tensor: Tensor, degrees: Degrees) -> int:
    """How many ranks of a stage hold the same numbers of a tensor as this one does."""
    ranks = degrees.share * degrees.tensor
    if isinstance(tensor, DTensor):
        axes = zip(tensor.device_mesh.shape, tensor.placements, strict=True)
        ranks //= prod(size for size, placement in axes if not placement.is_replicate())
    return ranks


@torch.no_grad()
def gather_weights(model: PreTrainedModel, ranks: Ranks, whole: PreTrainedModel | None) -> None:
    """Fill a whole model on the first rank with the weights of all, one gathered after another.

    All ranks must ask; the others give no model.
    """
    assert ranks.mesh is not None
    own = {name: p for name, p in model.named_parameters() if _is_sent(name, model, ranks.place)}
    roots = ranks.mesh.mesh[:, 0, 0].tolist()
    for name, parameter in own.items():
        gathered = _gathered(parameter)
        if whole is not None:
            whole.get_parameter(name).copy_(gathered)
        elif ranks.rank in roots:
            dist.send(gathered.contiguous(), dst=0)
    if whole is not None:
        _receive(whole, roots, ranks.mesh.device_type)


def _receive(whole: PreTrainedModel, roots: Sequence[int], device: str) -> None:
    """The weights of later stages than the first, each from the first rank of its stage."""
    for name, stage in first_stage_of(whole, len(roots)).items():
        if stage > 0:
            parameter = whole.get_parameter(name)
            arriving = torch.empty(parameter.shape, device=device)
            dist.recv(arriving, src=roots[stage])
            parameter.copy_(arriving)


def _is_sent(name: str, model: PreTrainedModel, place: Place) -> bool:
    return place.is_first or name not in tied_weights(model)


def _gathered(tensor: Tensor) -> Tensor:
    if not isinstance(tensor, DTensor):
        return tensor
    placements = list(tensor.placements)
    for axis in range(len(placements)):
        placements[axis] = Replicate()
        tensor = tensor.redistribute(placements=placements)
    whole: Tensor = tensor.to_local()
    return whole
