"""A desk's pages on a free port of the loopback, for the tests."""

import threading
import time
from contextlib import contextmanager

import uvicorn

from auroram.review.desk import Desk
from auroram.review.web.app import create_app
from auroram.review.web.site import Site
from free_ports import free_port


@contextmanager
def served(database):
    """The URL of the desk at the database; its server ends on leaving."""
    port = free_port()
    app = create_app(Site(desk=Desk(database)))
    config = uvicorn.Config(app, port=port, log_level="warning", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
