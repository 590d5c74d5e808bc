"""The ranks that train together: who they are, and what they add up.

A launcher starts the same command several times and tells each process its number through the
environment (`RANK`, `WORLD_SIZE` and where to meet), as torchrun does. Rank 0 runs the whole
recipe, writes what is to be read, and calls the others to each stage that trains.
"""

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import count

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch._C._distributed_c10d import PrefixStore, Store
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.rendezvous import rendezvous
from torch.distributed.tensor import DTensor

from auroram.errors import RunError
from auroram.train.ranks.mesh import Mesh
from auroram.train.ranks.pipeline_cut import Place
from auroram.train.ranks.world import rank_number, world_size

POLL_SECONDS = 0.1
LONGEST_WAIT = timedelta(hours=2)
"""For another rank within a step, which may be loading the model; a lost one is noticed sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Degrees:
    """How many ranks there are along each axis of the mesh."""

    data: int = 1
    tensor: int = 1
    pipeline: int = 1
    context: int = 1

    @classmethod
    def of(cls, mesh: Mesh, world: int) -> "Degrees":
        """Those of a mesh on so many ranks.

        Raises:
            ValueError: where the mesh does not divide them.
        """
        return cls(
            data=mesh.data_of(world),
            tensor=mesh.tensor,
            pipeline=mesh.pipeline,
            context=mesh.context,
        )

    @property
    def share(self) -> int:
        """Ranks that read different rows or positions; weights are shared out among them."""
        return self.data * self.context

    @property
    def ranks(self) -> int:
        """All of them."""
        return self.share * self.tensor * self.pipeline


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranks:
    """One rank among those that train together; by default the only one."""

    rank: int = 0
    world: int = 1
    mesh: DeviceMesh | None = None
    """With the axes `pipeline`, `share` (data ranks, and the context ranks of each) and `tensor`;
    None where one process trains alone."""
    positions: dist.ProcessGroup | None = None
    """Those that share out the positions of the same rows; None where none do."""
    ends: dist.ProcessGroup | None = None
    """The first and the last stage of this rank's pipeline; None on a stage between."""
    token: str = ""
    """Another one at each start, and the same on all ranks."""
    partial: tuple[nn.Parameter, ...] = ()
    """Weights of whose gradient each tensor rank holds a part."""
    twice: tuple[nn.Parameter, ...] = ()
    """Weights that the first and the last stage both hold."""

    @property
    def is_first(self) -> bool:
        """Whether this rank writes what is to be read."""
        return self.rank == 0

    @property
    def readers(self) -> int:
        """How many ranks read different rows or positions, and share out the weights."""
        return self.mesh["share"].size() if self.mesh else 1

    @property
    def context_ranks(self) -> int:
        """In how many parts the positions of a row are read."""
        return self.positions.size() if self.positions else 1

    @property
    def context_rank(self) -> int:
        """Which part of each row's positions is this rank's."""
        return self._share_rank % self.context_ranks

    @property
    def data_ranks(self) -> int:
        """In how many parts the rows of a step are read."""
        return self.readers // self.context_ranks

    @property
    def data_rank(self) -> int:
        """Which part of each step's rows is this rank's."""
        return self._share_rank // self.context_ranks

    @property
    def place(self) -> Place:
        """Which stage of the pipeline is this rank's."""
        if not self.mesh:
            return Place()
        axis = self.mesh["pipeline"]
        return Place(stage=axis.get_local_rank(), stages=axis.size())

    def holding(
        self, *, partial: tuple[nn.Parameter, ...], twice: tuple[nn.Parameter, ...]
    ) -> "Ranks":
        """The same rank, some of whose weights have partial gradients or lie on two stages."""
        return replace(self, partial=partial, twice=twice)

    def counts(self, weight: Tensor) -> bool:
        """Whether a weight is this stage's to count and to save; it may be the first one's."""
        return self.place.is_first or all(weight is not other for other in self.twice)

    def sum(self, value: float) -> float:
        """The value, summed over the ranks that read different rows or positions."""
        return self._added("share", [value])[0]

    def sum_of_rows(self, value: float) -> float:
        """The value, summed over the ranks that read different positions of the same rows."""
        if not self.positions:
            return value
        return self._added("share", [value])[0] / self.data_ranks

    def told(self, values: Sequence[float]) -> list[float]:
        """The values, summed over those that read different tokens, and over the stages."""
        return self.over_stages(self._added("share", values))

    def over_stages(self, values: Sequence[float]) -> list[float]:
        """The values, summed over the stages of the pipeline."""
        return self._added("pipeline", values)

    def _added(self, axis: str, values: Sequence[float]) -> list[float]:
        if not self.mesh or self.mesh[axis].size() == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.mesh.device_type)
        dist.all_reduce(total, group=self.mesh[axis].get_group())
        summed: list[float] = total.tolist()
        return summed

    @property
    def _share_rank(self) -> int:
        return self.mesh["share"].get_local_rank() if self.mesh else 0

    def meet(self) -> None:
        """Wait until all ranks are here."""
        if self.mesh:
            dist.barrier()

    def all_say(self, *, yes: bool) -> bool:
        """Whether all ranks say yes."""
        said = torch.tensor(int(yes), device=self.mesh.device_type if self.mesh else None)
        if self.mesh:
            dist.all_reduce(said, dist.ReduceOp.MIN)
        return bool(said)

    def agree(self, step: int) -> None:
        """Make sure that all ranks stand at the same step.

        Raises:
            RunError: where they do not, as where they do not see the same folder.
        """
        if not self.mesh:
            return
        lowest = torch.tensor([step, -step], device=self.mesh.device_type)
        dist.all_reduce(lowest, dist.ReduceOp.MIN)
        if int(lowest[0]) != step or int(lowest[1]) != -step:
            raise RunError(
                f"rank {self.rank} of {self.world} found the checkpoint of step {step} and another "
                "rank another one; let all ranks see the same run folder"
            )

    @torch.no_grad()
    def complete_gradients(self) -> None:
        """Add up the gradients of which each tensor rank, or each end of a pipeline, holds a part.

        A weight that is on both ends gets the same gradient there, and so stays the same.
        """
        for parameter in self.partial:
            if self.mesh and parameter.grad is not None:
                dist.all_reduce(_local(parameter.grad), group=self.mesh["tensor"].get_group())
        for parameter in self.twice:
            if parameter.grad is not None:
                dist.all_reduce(_local(parameter.grad), group=self.ends)


ALONE = Ranks()
"""The one process of a run without a launcher."""


@contextmanager
def joined(name: str, degrees: Degrees, *, device: str) -> Iterator[Ranks]:
    """This rank among those that train a stage; they all must join.

    Args:
        name: of the stage.
        degrees: of parallelism.
        device: `cpu` or `cuda`.

    Raises:
        RunError: where another rank is lost while they are together.
    """
    if world_size() == 1:
        yield ALONE
        return
    _join(device)
    try:
        yield _among(degrees, device)
    except (dist.DistError, RuntimeError) as error:
        if not _is_lost(error):
            raise
        raise RunError(
            f"{name}: rank {rank_number()} of {world_size()} lost another rank; run again to go "
            "on from the last checkpoint"
        ) from error
    finally:
        dist.destroy_process_group()


def call(name: str) -> None:
    """From rank 0: the others are to join the stage; an empty name lets them go."""
    if world_size() > 1 and rank_number() == 0:
        number = _store().add("calls", 1)
        _store().set(f"call-{number}", name or "-")


def calls() -> Iterator[str]:
    """On the other ranks: names of the stages to join, until rank 0 lets them go."""
    for number in count(1):
        while not _store().check([f"call-{number}"]):
            time.sleep(POLL_SECONDS)
        name = _store().get(f"call-{number}").decode()
        if name == "-":
            return
        yield name


@cache
def _store() -> Store:
    store: Store = next(rendezvous("env://", timeout=LONGEST_WAIT))[0]
    return store


def _join(device: str) -> None:
    number = _store().add(f"joins-of-{rank_number()}", 1)
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo",
        store=PrefixStore(f"stage-{number}", _store()),
        rank=rank_number(),
        world_size=world_size(),
        timeout=LONGEST_WAIT,
    )


def _among(degrees: Degrees, device: str) -> Ranks:
    sizes = (degrees.pipeline, degrees.share, degrees.tensor)
    mesh = init_device_mesh(device, sizes, mesh_dim_names=("pipeline", "share", "tensor"))
    # Numbers of the ranks: those that share out rows' positions are a part of `share`.
    finer = mesh.mesh.view(degrees.pipeline, degrees.data, degrees.context, degrees.tensor)
    return Ranks(
        rank=rank_number(),
        world=world_size(),
        mesh=mesh,
        positions=_group_of(finer.movedim(2, -1).flatten(0, -2)) if degrees.context > 1 else None,
        ends=_group_of(mesh.mesh.flatten(1).T[:, [0, -1]]) if degrees.pipeline > 1 else None,
        token=_shared_token(device),
    )


def _group_of(numbers: Tensor) -> dist.ProcessGroup | None:
    """The group of the row of the table that this rank stands in; None where it is in none."""
    own: dist.ProcessGroup | None
    own, _ = dist.new_subgroups_by_enumeration(numbers.tolist())  # type: ignore[no-untyped-call]
    return own


def _shared_token(device: str) -> str:
    number = torch.tensor(secrets.randbits(62), device=device)
    dist.broadcast(number, src=0)
    return f"{number.item():x}"


def _local(tensor: Tensor) -> Tensor:
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def _is_lost(error: Exception) -> bool:
    words = str(error).lower()
    return isinstance(error, dist.DistError) or "gloo" in words or "connection" in words
