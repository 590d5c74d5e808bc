"""Serving a desk's pages."""

import uvicorn

from auroram.errors import RunError
from auroram.review.desk import Desk
from auroram.review.store.database import Database
from auroram.review.verifying import verified_log
from auroram.review.web.app import create_app
from auroram.review.web.site import Site


def serve(address: str, *, host: str, port: int, idle_seconds: float, secure: bool) -> None:
    """Serve the desk until the process is told to stop.

    Raises:
        IntegrityError: where the log was tampered with: nobody should add to it then.
        RunError: where the port is taken.
    """
    database = Database(address)
    verified_log(database)
    site = Site(desk=Desk(database), idle_seconds=idle_seconds, secure=secure)
    config = uvicorn.Config(
        create_app(site),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        ws="none",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    try:
        server.run()
    except SystemExit as error:
        raise RunError(f"port {port} of {host} cannot be opened; give another --port") from error
    finally:
        database.close()
