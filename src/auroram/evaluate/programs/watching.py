"""Watches over a program: its time, what it prints, and the memory of all its processes."""

import os
import selectors
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auroram.evaluate.programs.settings import Programs

LOOK_SECONDS = 0.2
"""How often memory is looked at; a program that ends sooner is limited by `prlimit` alone."""

Ending = Literal["exit", "time", "output", "memory"]
"""`exit`: it ended by itself or by a signal; else the limit at which it was ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a program is started."""

    command: Sequence[str]
    folder: str | None = None
    keeps: tuple[int, ...] = ()
    """Open files that it is handed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a program ended."""

    ending: Ending
    code: int
    """Its exit code; negative for the signal that ended it."""
    output: str
    """What it printed, on both streams, up to the limit."""


def watch(start: Start, programs: Programs) -> Ran:
    """Run a program to its end, or to a limit, when it and all its children are ended."""
    process = subprocess.Popen(
        start.command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=start.folder,
        pass_fds=start.keeps,
        start_new_session=True,
    )
    try:
        ending, output = _until_end(process, programs)
    finally:
        # The group holds all that did not leave it; in a sandbox the rest dies with its first.
        _end(process)
    return Ran(ending=ending, code=process.returncode, output=output.decode(errors="replace"))


def _until_end(process: subprocess.Popen[bytes], programs: Programs) -> tuple[Ending, bytes]:
    """What it printed until it closed its output, and why no more was read."""
    assert process.stdout is not None, "it was asked for"
    deadline, output = time.monotonic() + programs.seconds, b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not waiting.select(min(left, LOOK_SECONDS)):
                if _resident_bytes(process.pid) > programs.memory_bytes:
                    return "memory", output
                continue
            piece = os.read(process.stdout.fileno(), 1 << 16)
            if not piece:
                return _exit(process, deadline), output
            output += piece
            if len(output) > programs.output_bytes:
                return "output", output[: programs.output_bytes]
    return "time", output


def _exit(process: subprocess.Popen[bytes], deadline: float) -> Ending:
    """A program may close its output and go on."""
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return "time"
    return "exit"


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _resident_bytes(first: int) -> int:
    """Memory of a process and of all that descend from it."""
    children: dict[int, list[int]] = defaultdict(list)
    pages: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children[int(fields[1])].append(int(folder.name))
        pages[int(folder.name)] = int(fields[21])
    total, found = 0, [first]
    while found:
        process = found.pop()
        total += pages.get(process, 0)
        found += children[process]
    return total * os.sysconf("SC_PAGE_SIZE")
