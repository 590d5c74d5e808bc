"""Serving a desk's pages."""

import socket

import uvicorn

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


def serve(site: Site, listening: socket.socket) -> None:
    """Serve at a socket that listens, until the process is told to stop."""
    config = uvicorn.Config(
        create_app(site), log_level="warning", server_header=False, ws="none", lifespan="off"
    )
    uvicorn.Server(config).run(sockets=[listening])
