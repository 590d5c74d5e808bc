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

from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

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
        failure = _failure_of(chosen, words)
        if failure is None:
            return 0
        if failure.exitcode == WRONG_INPUT:
            return WRONG_INPUT
        if not left:
            raise RunError(f"{_death(failure, chosen)}; run again to go on")
        left -= 1
        say(f"{_death(failure, chosen)}; all ranks start again from the last checkpoint")


def _failure_of(chosen: Launch, words: Sequence[str]) -> ProcessFailure | None:
    """What the first rank to die died of; None where all came to their end."""
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
        return min(error.failures.values(), key=lambda one: (one.exitcode > 0, one.timestamp))
    except SignalException:
        raise KeyboardInterrupt from None
    return None


def _death(failure: ProcessFailure, chosen: Launch) -> str:
    how = f"exit code {failure.exitcode}"
    if failure.exitcode < 0:
        how = signal.Signals(-failure.exitcode).name
    where = socket.gethostname()
    return f"launch: a rank died (number {failure.local_rank} of {chosen.ranks} on {where}, {how})"
