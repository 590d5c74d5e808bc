"""Where a server of ours listens: taken before it has work to lose, and told in a sentence."""

import argparse
import socket

from auroram.errors import UserError

HIGHEST_PORT = 65_535


def port(text: str) -> int:
    """What argparse is told as the `type` of a port; 0 stands for any that is free.

    Raises:
        argparse.ArgumentTypeError: where there is no such port.
    """
    if not 0 <= int(text) <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {HIGHEST_PORT:,} ({text} given)")
    return int(text)


def address(host: str, number: int) -> str:
    """Host and port as a URL has them.

    >>> address("::1", 8000)
    '[::1]:8000'
    """
    return f"[{host}]:{number}" if ":" in host else f"{host}:{number}"


def bound(host: str, number: int) -> socket.socket:
    """A socket at the address; nobody can connect before it is told to listen.

    Raises:
        UserError: where the address is taken, or is none of this machine.
    """
    result = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    result.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        result.bind((host, number))
    except OSError as error:
        result.close()
        raise UserError(
            f"{address(host, number)}: cannot be listened on ({error.strerror}); choose another "
            "--port or --host"
        ) from None
    return result
