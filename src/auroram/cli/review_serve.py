"""auroram review serve DATABASE [--port 8642]"""

import argparse
from contextlib import closing

from auroram.cli.listening import address, bound, port
from auroram.cli.numbers import above_zero
from auroram.review.serving import open_site, serve
from auroram.review.web.site import IDLE_SECONDS


def parser() -> argparse.ArgumentParser:
    """What `auroram review serve` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review serve",
        description="Serves a desk's pages until it is stopped. With PostgreSQL any number of "
        "processes may serve one desk.",
    )
    result.add_argument("database", help="a file, or a postgresql:// URL")
    result.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; 127.0.0.1 by default"
    )
    result.add_argument(
        "--port", type=port, default=8642, help="8642 by default; 0 for any that is free"
    )
    result.add_argument(
        "--idle-minutes",
        type=above_zero,
        default=IDLE_SECONDS / 60,
        help="a session ends after this time without a request; 30 by default",
    )
    result.add_argument(
        "--https",
        action="store_true",
        help="browsers come through a proxy that speaks https: send cookies that way alone",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Serve."""
    site = open_site(
        arguments.database,
        idle_seconds=arguments.idle_minutes * 60,
        secure=arguments.https,
    )
    with closing(site.desk.database), bound(arguments.host, arguments.port) as listening:
        listening.listen()
        host, number = listening.getsockname()[:2]
        print(f"the desk is at http://{address(host, number)}/  (Ctrl-C stops it)", flush=True)
        for shortage in site.desk.shortages():
            print(f"note: {shortage}", flush=True)
        serve(site, listening)
    return 0
