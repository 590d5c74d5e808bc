"""Ranks end with the launcher that started them, also where it is killed and cannot stop them.

Linux alone tells a process of its parent's death (prctl(2), PR_SET_PDEATHSIG); elsewhere a rank
that is left behind lives on until it misses another. The thread that starts the ranks counts as the
parent: it must be one that lives as long as the launcher.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LAUNCHER = "AURORAM_LAUNCHER"
"""In the environment of a rank, the process id of its launcher."""

_PR_SET_PDEATHSIG = 1


@contextmanager
def parent_of_ranks() -> Iterator[None]:
    """Processes that are started meanwhile know this one as their launcher."""
    os.environ[LAUNCHER] = str(os.getpid())
    try:
        yield
    finally:
        del os.environ[LAUNCHER]


def end_with_launcher() -> None:
    """Have the kernel kill this process when its launcher dies; nothing where it has none."""
    launcher = os.environ.get(LAUNCHER)
    if launcher is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(launcher):  # it died before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)
