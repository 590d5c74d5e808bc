"""Two machines on one: each has a name, a network and a hosts file of its own.

As on a fresh Debian, a machine's own name leads to itself alone (127.0.1.1).
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

NAMES = ("first", "second")
ADDRESSES = ("10.77.0.1", "10.77.0.2")
ROAD = "road"
"""What the network interface between them is called."""

_SET_UP = """
set -e
hostname {name}
printf '127.0.0.1 localhost\\n127.0.1.1 {name}\\n{other_address} {other}\\n' > {hosts}
mount --bind {hosts} /etc/hosts
ip link set lo up
ip address add {address}/24 dev {road}
ip link set {road} up
"""


@contextmanager
def two_machines(folder: Path) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """What to write before a command so that it runs on the one or the other.

    Tests are left out where this user can make no namespaces.
    """
    with ExitStack() as stack:
        first = stack.enter_context(_namespaces([]))
        second = stack.enter_context(_namespaces(_within(first)))
        road = ["ip", "link", "add", ROAD, "type", "veth", "peer", ROAD, "netns", str(second)]
        _run([*_within(first), *road])
        for here, pid in enumerate((first, second)):
            script = _SET_UP.format(
                name=NAMES[here],
                address=ADDRESSES[here],
                other=NAMES[1 - here],
                other_address=ADDRESSES[1 - here],
                hosts=folder / f"hosts-{here}",
                road=ROAD,
            )
            _run([*_within(pid), "sh", "-c", script])
        yield _within(first), _within(second)


@contextmanager
def _namespaces(before: Sequence[str]) -> Iterator[int]:
    """The process that holds them."""
    user = [] if os.geteuid() == 0 or before else ["--user", "--map-root-user"]
    unshare = ["unshare", *user, "--net", "--uts", "--mount", "sh", "-c", "echo; exec sleep inf"]
    holder = subprocess.Popen(
        [*before, *unshare], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert holder.stdout is not None
        if not holder.stdout.readline():
            pytest.skip("namespaces cannot be made here")
        yield holder.pid
    finally:
        holder.kill()
        holder.communicate()


def _within(pid: int) -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    return ["nsenter", "--target", str(pid), *user, "--net", "--uts", "--mount"]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"two machines cannot be made here ({done.stderr.strip()})")
