"""Ranks come together for each stage that trains, and part again after it.

A launcher starts the same command several times and tells each process its number through the
environment (`RANK`, `WORLD_SIZE` and where to meet), as torchrun does. Rank 0 runs the whole
recipe, writes what is to be read, and calls the others to each stage that trains.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import count

import torch
import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import PrefixStore, Store
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.rendezvous import rendezvous

from auroram.errors import RunError
from auroram.train.ranks.distributed import ALONE, Degrees, Ranks
from auroram.train.ranks.world import rank_number, world_size

POLL_SECONDS = 0.1
LONGEST_WAIT = timedelta(hours=2)
"""For another rank within a step, which may be loading the model; a lost one is noticed sooner."""


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
        tell(f"call-{number}", name or "-")


def calls() -> Iterator[str]:
    """On the other ranks: names of the stages to join, until rank 0 lets them go."""
    for number in count(1):
        name = hear(f"call-{number}")
        if name == "-":
            return
        yield name


def tell(key: str, words: str) -> None:
    """From one rank to whichever asks for the key."""
    _store().set(key, words)


def hear(key: str) -> str:
    """What a rank tells under the key; waits until it does."""
    while not _store().check([key]):
        time.sleep(POLL_SECONDS)
    return _store().get(key).decode()


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
        degrees=degrees,
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


def _is_lost(error: Exception) -> bool:
    words = str(error).lower()
    return isinstance(error, dist.DistError) or "gloo" in words or "connection" in words
