"""Serving a desk's pages."""

import uvicorn

from auroram.errors import RunError
from auroram.review.desk import Desk
from auroram.review.store.database import Database
from auroram.review.verifying import verified_log
from auroram.review.web.app import create_app
from auroram.review.web.site import Site


def open_site(address: str, *, idle_seconds: float, secure: bool) -> Site:
    """The desk at a database, ready to be served.

    Raises:
        IntegrityError: where the log was tampered with: nobody should add to it then.
    """
    database = Database(address)
    verified_log(database)
    return Site(desk=Desk(database), idle_seconds=idle_seconds, secure=secure)


def serve(site: Site, *, host: str, port: int) -> None:
    """Serve until the process is told to stop.

    Raises:
        RunError: where the port is taken.
    """
    config = uvicorn.Config(
        create_app(site),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        ws="none",
        lifespan="off",
    )
    try:
        uvicorn.Server(config).run()
    except SystemExit as error:
        raise RunError(f"port {port} of {host} cannot be opened; give another --port") from error
    finally:
        site.desk.database.close()
