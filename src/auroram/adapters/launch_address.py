"""By which address and over which interface the nodes of a run reach each other.

What a machine calls itself is not asked: many a hosts file leads the own name to the machine
itself (127.0.1.1), where no other node finds it.
"""

import ipaddress
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def host_and_port(place: str) -> tuple[str, int]:
    """The two parts of HOST:PORT; an IPv6 address stands in brackets.

    >>> host_and_port("node1:4000"), host_and_port("[::1]:4000")
    (('node1', 4000), ('::1', 4000))

    Raises:
        ValueError: where the place is not written so, or has no such port.
    """
    parts = re.fullmatch(r"(?:\[([\w:.%]+)\]|([^:\s]+)):(\d{1,5})", place)
    if not parts or not 0 < int(parts[3]) < 2**16:
        raise ValueError(f"{place!r} is not HOST:PORT, such as node1:4000, with a port below 65536")
    return parts[1] or parts[2], int(parts[3])


def wait_for(host: str, port: int, seconds: float, say: Callable[[str], None]) -> None:
    """Return when something listens there.

    Args:
        host: whose name may come to be known meanwhile.
        port: where it is to listen.
        seconds: how long to wait.
        say: is handed the reason when the first try fails.

    Raises:
        OSError: why the last try failed.
    """
    end = time.monotonic() + seconds
    failed = False
    while True:
        try:
            return socket.create_connection((host, port), timeout=5).close()
        except OSError as error:
            if time.monotonic() > end:
                raise
            if not failed:
                say(str(error.strerror or error))
            failed = True
            time.sleep(0.5)


def is_here(host: str) -> bool:
    """Whether a name or an address is this machine's; one that does not resolve is not."""
    if host == socket.gethostname():
        return True
    with suppress(OSError):
        own = {address for addresses in _interfaces().values() for address in addresses}
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None)}
        return any(_is_loopback(address) or address in own for address in found)
    return False


def ends_of_way(host: str, port: int) -> tuple[str, str]:
    """The addresses of this machine and of another on the way from the one to the other.

    Raises:
        OSError: where there is no such host, or no way to it.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as way:
        way.connect(address)  # sends nothing
        return way.getsockname()[0], way.getpeername()[0]


def interface_of(address: str) -> str | None:
    """The network interface, such as `eth0`, that has an address; None where none has."""
    named = (name for name, addresses in _interfaces().items() if address in addresses)
    return next(named, None)


def _interfaces() -> dict[str, list[str]]:
    kinds = (socket.AF_INET, socket.AF_INET6)
    return {
        name: [one.address.partition("%")[0] for one in addresses if one.family in kinds]
        for name, addresses in psutil.net_if_addrs().items()
    }


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
