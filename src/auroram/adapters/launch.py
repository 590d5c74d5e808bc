"""Starts the ranks of a run through torch's own launcher, and starts them again when one dies.

On one node this process watches its ranks and starts all of them again after a failure. On several
nodes torch's agents agree on it among themselves, meeting at an address that all of them know.
"""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auroram.errors import RunError

WRONG_INPUT = 2
"""Exit code of a rank that has told what is wrong with the input: starting again is no use."""

STOP_SECONDS = 10
"""How long the other ranks have to end after one has died."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """Which rank died first, and of what."""

    rank: int
    """Its number on this node."""
    code: int
    """As it ended; below 0 the signal that ended it."""


def launch(chosen: Launch, words: Sequence[str], say: Callable[[str], None]) -> int:
    """Run `auroram run` with these words on all ranks until they end.

    Args:
        chosen: how many ranks, and where.
        words: what follows `auroram run`.
        say: is handed a sentence whenever a rank has died.

    Returns:
        0, or 2 where the input is wrong.

    Raises:
        RunError: where ranks have died once more than `restarts` allows, naming the first one.
        KeyboardInterrupt: where the launcher was told to stop.
    """
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // chosen.ranks)))
    left = chosen.restarts if chosen.nodes == 1 else 0
    while True:
        death = _death(chosen, words)
        if death is None:
            return 0
        if death.code == WRONG_INPUT:
            return WRONG_INPUT
        if not left:
            raise RunError(f"{_told(death, chosen)}; run again to go on")
        left -= 1
        say(f"{_told(death, chosen)}; all ranks start again from the last checkpoint")


def _death(chosen: Launch, words: Sequence[str]) -> Death | None:
    """The death of the first rank that died; None where all came to their end."""
    # Heavy: a recipe that is wrong is told without torch.
    from torch.distributed.elastic.multiprocessing import SignalException  # noqa: PLC0415
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError  # noqa: PLC0415
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch  # noqa: PLC0415

    config = LaunchConfig(
        min_nodes=chosen.nodes,
        max_nodes=chosen.nodes,
        nproc_per_node=chosen.ranks,
        run_id="auroram",
        rdzv_backend="c10d",
        rdzv_endpoint=chosen.meet,
        max_restarts=0 if chosen.nodes == 1 else chosen.restarts,
        shutdown_timeout=STOP_SECONDS,
        local_addr="localhost" if chosen.nodes == 1 else None,
    )
    try:
        elastic_launch(config, sys.executable)("-m", "auroram.cli.main", "run", *words)
    except ChildFailedError as error:
        # Those that lost a rank end with an error of their own: what a signal ended came first.
        first = min(error.failures.values(), key=lambda one: (one.exitcode > 0, one.timestamp))
        return Death(rank=first.local_rank, code=first.exitcode)
    except SignalException:
        raise KeyboardInterrupt from None
    return None


def _told(death: Death, chosen: Launch) -> str:
    how = f"exit code {death.code}"
    if death.code < 0:
        how = signal.Signals(-death.code).name
    where = socket.gethostname()
    return f"launch: a rank died (number {death.rank} of {chosen.ranks} on {where}, {how})"
