"""Starts the ranks of a run through torch's own launcher, and starts them again when one dies.

This process watches the ranks of its node. On several nodes there is one such process on each, and
they meet at an address that all of them know, so that all ranks start and end together.
"""

import logging
import os
import socket
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auroram.adapters.cores import physical_cores
from auroram.adapters.launch_death import STOP_SECONDS, WRONG_INPUT, Death, first_of
from auroram.adapters.launch_parent import parent_of_ranks
from auroram.errors import RunError

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

    from auroram.adapters.launch_meeting import Meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How many processes run a recipe together, and where."""

    nodes: int = 1
    ranks: int = 1
    """Processes on each node."""
    restarts: int = 3
    """How often all ranks are started again after one has died."""
    meet: str = "localhost:0"
    """Host and port where several nodes meet."""

    @property
    def world(self) -> int:
        """Processes on all nodes."""
        return self.nodes * self.ranks


def launch(chosen: Launch, words: Sequence[str], say: Callable[[str], None]) -> int:
    """Run `auroram run` with these words on all ranks until they end.

    Args:
        chosen: how many ranks, and where.
        words: what follows `auroram run`.
        say: is handed a sentence whenever a rank has died, or another launcher is waited for.

    Returns:
        0, or 2 where the input is wrong.

    Raises:
        RunError: where ranks have died once more than `restarts` allows, naming the first one; on
            several nodes also where a launcher is gone.
        KeyboardInterrupt: where the launcher was told to stop.
    """
    # Torch warns of each node whose address leads to no name; it reads this as it is imported.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    # Heavy: a recipe that is wrong is told without torch.
    from torch.distributed.elastic.multiprocessing import SignalException  # noqa: PLC0415

    from auroram.adapters.launch_meeting import met  # noqa: PLC0415

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, physical_cores() // chosen.ranks)))
    several = chosen.nodes > 1
    try:
        with (
            met(nodes=chosen.nodes, where=chosen.meet, say=say) if several else nullcontext()
        ) as meeting:
            if meeting and meeting.interface:
                # Gloo alone needs to be told; NCCL looks for the fastest by itself.
                os.environ.setdefault("GLOO_SOCKET_IFNAME", meeting.interface)
            return _launched(chosen, words, say, meeting)
    except SignalException:
        raise KeyboardInterrupt from None


def _launched(
    chosen: Launch, words: Sequence[str], say: Callable[[str], None], meeting: "Meeting | None"
) -> int:
    left = chosen.restarts
    while death := _death(chosen, words, meeting):
        if death.rank is not None and death.code == WRONG_INPUT:
            return WRONG_INPUT
        if death.rank is None or not left:
            raise RunError(f"{death.told(chosen.ranks)}; run again to go on")
        left -= 1
        if meeting is None or death.node == meeting.node:
            say(f"{death.told(chosen.ranks)}; all ranks start again from the last checkpoint")
    return 0


def _death(chosen: Launch, words: Sequence[str], meeting: "Meeting | None") -> Death | None:
    """The death that ended the ranks of all nodes; None where all came to their end."""
    own = _death_here(chosen, words, meeting)
    if meeting is None:
        return own
    if own:
        meeting.tell(own)
    return meeting.first_death()


def _death_here(chosen: Launch, words: Sequence[str], meeting: "Meeting | None") -> Death | None:
    """The death of the first rank of this node; None where none died before it was stopped."""
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError  # noqa: PLC0415
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch  # noqa: PLC0415

    from auroram.adapters.launch_meeting import RoundOverError  # noqa: PLC0415

    config = LaunchConfig(
        min_nodes=chosen.nodes,
        max_nodes=chosen.nodes,
        nproc_per_node=chosen.ranks,
        run_id="auroram",
        rdzv_backend="c10d",
        rdzv_endpoint=chosen.meet,
        max_restarts=0,
        shutdown_timeout=STOP_SECONDS,
        local_addr=None if meeting else "localhost",
    )
    if meeting:
        meeting.take_in(config)
    try:
        with parent_of_ranks():
            elastic_launch(config, sys.executable)("-m", "auroram.cli.main", "run", *words)
    except RoundOverError:
        return None
    except ChildFailedError as error:
        return _first_here(error.failures.values(), node=meeting.node if meeting else 0)
    return None


def _first_here(failures: Collection["ProcessFailure"], *, node: int) -> Death:
    # What did not stop when told to is killed by torch, and counted among the failures.
    killed = min(one.timestamp for one in failures) + STOP_SECONDS
    return first_of(
        Death(
            node=node,
            host=socket.gethostname(),
            rank=one.local_rank,
            code=one.exitcode,
            at=one.timestamp,
        )
        for one in failures
        if one.timestamp < killed
    )
