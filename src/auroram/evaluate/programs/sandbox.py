"""Where a program runs: in bubblewrap, or, where someone said so in words, unconfined.

In the sandbox there is no network, no file of this machine but its installed programs, which
cannot be written to, no other process to be seen or ended, and no right beyond an ordinary
user's. Files in `/tmp` live in memory and vanish. Limits on memory, processes and processor time
are set inside; whoever watches ends everything at the time limit.
"""

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from auroram.errors import RunError
from auroram.evaluate.programs.settings import UNCONFINED, Programs, Runtime
from auroram.evaluate.programs.watching import Ran, Start, watch

FIRST_USER, USERS = 1_900_000_000, 100_000_000
"""Where we are root, each program runs as a user of its own out of these: the kernel limits no
processes of root's, and counts those of other users together."""

SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Folders that are links into `/usr` on most systems."""

CONFIGURATION = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
"""What is needed of `/etc` to find programs and libraries."""

QUIET = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""All that a program finds in its environment."""


class Sandbox(Protocol):
    """Runs a program and says how it ended."""

    def run(self, runtime: Runtime, text: str) -> Ran:
        """Run the text of a program, within the limits."""
        ...


def open_sandbox(programs: Programs) -> Sandbox:
    """The sandbox that the settings allow, after it ran a program that must work in it.

    Raises:
        RunError: where there is no sandbox and nobody said that none is wanted.
    """
    if programs.unconfined:
        return Unconfined(programs=programs)
    if shutil.which("bwrap") is None:
        raise RunError(
            "programs: no sandbox, as bubblewrap is not installed; install it (apt install "
            f"bubblewrap), or write programs.unconfined = {UNCONFINED!r}"
        )
    sandbox = Bubblewrap(programs=programs)
    ran = sandbox.run(programs.runtime("python"), "print(6 * 7)")
    if ran.ending != "exit" or ran.code or ran.output.strip() != "42":
        raise RunError(
            f"programs: bubblewrap does not work here ({_line(ran.output) or ran.ending}); allow "
            f"user namespaces, or write programs.unconfined = {UNCONFINED!r}"
        )
    return sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubblewrap:
    """Linux namespaces, made by `bwrap`."""

    programs: Programs

    def run(self, runtime: Runtime, text: str) -> Ran:
        """Run the program behind walls."""
        with _in_memory(text) as file:
            command = [
                *("bwrap", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
                *(_AS_ROOT if os.getuid() == 0 else ("--unshare-all",)),
                *("--hostname", "sandbox"),
                *(word for name, value in QUIET.items() for word in ("--setenv", name, value)),
                *_visible([sys.base_prefix, *runtime.reads]),
                *("--dev", "/dev", "--proc", "/proc"),
                *("--perms", "1777", "--size", str(self.programs.memory_bytes), "--tmpfs", "/tmp"),
                *("--perms", "0444", "--file", str(file), f"/tmp/{runtime.file}"),
                *("--chdir", "/tmp", "--remount-ro", "/", "--"),
                *(_other_user() if os.getuid() == 0 else ()),
                *_limits(self.programs),
                *_words(runtime, f"/tmp/{runtime.file}"),
            ]
            return watch(Start(command=command, keeps=(file,)), self.programs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfined:
    """No walls, only the limits."""

    programs: Programs

    def run(self, runtime: Runtime, text: str) -> Ran:
        """Run the program in a new folder, with all that this user may do."""
        with tempfile.TemporaryDirectory(prefix="auroram-program.") as folder:
            file = Path(folder) / runtime.file
            file.write_text(text, encoding="utf-8")
            command = [*_limits(self.programs), *_words(runtime, str(file))]
            return watch(Start(command=command, folder=folder), self.programs)


_AS_ROOT = (
    *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
    *("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"),
)
"""Root needs no user namespace to make the others, and keeps for a moment what it takes to become
another user."""

_counted = itertools.count(os.getpid() * 1_009)


def _other_user() -> list[str]:
    """Go on as a user without any right."""
    user = FIRST_USER + next(_counted) % USERS
    dropped = ("--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
    return ["setpriv", f"--reuid={user}", f"--regid={user}", *dropped, "--"]


def _words(runtime: Runtime, file: str) -> list[str]:
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return [word.format(file=file, python=python) for word in runtime.command]


def _limits(programs: Programs) -> list[str]:
    return [
        "prlimit",
        f"--as={programs.memory_bytes}",
        f"--fsize={programs.memory_bytes}",
        f"--nproc={programs.processes}",
        f"--cpu={max(1, round(programs.seconds))}",
        "--core=0",
        "--",
    ]


def _visible(more: Sequence[str]) -> Iterator[str]:
    """What may be read: the installed programs, and no one's own files."""
    yield from ("--ro-bind", "/usr", "/usr")
    for folder in map(Path, SYSTEM):
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), str(folder))
        elif folder.is_dir():
            yield from ("--ro-bind", str(folder), str(folder))
    for place in [*CONFIGURATION, *(place for place in more if not place.startswith("/usr"))]:
        for parent in list(reversed(Path(place).parents))[1:]:
            yield from ("--perms", "0755", "--dir", str(parent))
        yield from ("--ro-bind-try", place, place)


@contextmanager
def _in_memory(text: str) -> Iterator[int]:
    """A file that has no name."""
    file = os.memfd_create("program")
    try:
        os.write(file, text.encode())
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


def _line(text: str) -> str:
    return text.strip().partition("\n")[0][:160]
