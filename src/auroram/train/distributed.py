"""The ranks that train together: who they are, and what they add up.

A launcher starts the same command several times and tells each process its number through the
environment (`RANK`, `WORLD_SIZE` and where to meet), as torchrun does. Rank 0 runs the whole
recipe, writes what is to be read, and calls the others to each stage that trains.
"""

import os
import secrets
import time
from collections.abc import Iterator
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

POLL_SECONDS = 0.1
LONGEST_WAIT = timedelta(hours=2)
"""For another rank within a step, which may be loading the model; a lost one is noticed sooner."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranks:
    """One rank among those that train together; by default the only one."""

    rank: int = 0
    world: int = 1
    mesh: DeviceMesh | None = None
    """With the axes `data` and `tensor`; None where one process trains alone."""
    token: str = ""
    """Another one at each start, and the same on all ranks."""
    partial: tuple[nn.Parameter, ...] = ()
    """Weights of whose gradient each tensor rank holds a part."""

    @property
    def is_first(self) -> bool:
        """Whether this rank writes what is to be read."""
        return self.rank == 0

    @property
    def data_rank(self) -> int:
        """Which part of each step's rows is this rank's."""
        return self.mesh["data"].get_local_rank() if self.mesh else 0

    @property
    def data_ranks(self) -> int:
        """In how many parts the rows of a step are read."""
        return self.mesh["data"].size() if self.mesh else 1

    def holding(self, partial: tuple[nn.Parameter, ...]) -> "Ranks":
        """The same rank, of whose weights these have partial gradients."""
        return replace(self, partial=partial)

    def sum(self, value: float) -> float:
        """The value, summed over the ranks that read different rows."""
        if not self.mesh or self.data_ranks == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64, device=self.mesh.device_type)
        dist.all_reduce(total, group=self.mesh["data"].get_group())
        return total.item()

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
        """Add up the gradients of which each tensor rank holds a part."""
        for parameter in self.partial:
            if self.mesh and parameter.grad is not None:
                dist.all_reduce(_local(parameter.grad), group=self.mesh["tensor"].get_group())


ALONE = Ranks()
"""The one process of a run without a launcher."""


def world_size() -> int:
    """How many processes were started together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank_number() -> int:
    """Which of them this one is, from 0."""
    return int(os.environ.get("RANK", "0"))


@contextmanager
def joined(name: str, *, data: int, tensor: int, device: str) -> Iterator[Ranks]:
    """This rank among those that train a stage; they all must join.

    Args:
        name: of the stage.
        data: how many ranks read different rows.
        tensor: how many share out each matrix.
        device: `cpu` or `cuda`.

    Raises:
        RunError: where another rank is lost while they are together.
    """
    if world_size() == 1:
        yield ALONE
        return
    _join(device)
    try:
        mesh = init_device_mesh(device, (data, tensor), mesh_dim_names=("data", "tensor"))
        ranks = Ranks(rank=rank_number(), world=world_size(), mesh=mesh)
        yield replace(ranks, token=_shared_token(device))
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


def _shared_token(device: str) -> str:
    number = torch.tensor(secrets.randbits(62), device=device)
    dist.broadcast(number, src=0)
    return f"{number.item():x}"


def _local(tensor: Tensor) -> Tensor:
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def _is_lost(error: Exception) -> bool:
    words = str(error).lower()
    return isinstance(error, dist.DistError) or "gloo" in words or "connection" in words
