"""By which address and over which interface the nodes of a run reach each other.

What a machine calls itself is not asked: many a hosts file leads the own name to the machine
itself (127.0.1.1), where no other node finds it.
"""

import ipaddress
import socket
from contextlib import suppress

import psutil


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
