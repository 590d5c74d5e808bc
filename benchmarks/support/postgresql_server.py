"""A PostgreSQL of Debian's packages in a temporary folder, on a free port of the loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER_USER = "postgres"
"""Who runs the server where we are root, which PostgreSQL refuses to be."""


def binaries() -> Path | None:
    """The folder of the newest server's programs; None where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def postgresql_server(*options: str) -> Iterator[str]:
    """The URL of a server that is stopped, and its folder removed, on leaving.

    Args:
        options: settings such as `fsync=off`.
    """
    programs = binaries()
    if programs is None:
        raise RuntimeError("no PostgreSQL server; apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="auroram-postgresql-"))
    port = free_port()
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, SERVER_USER)
        data = folder / "data"
        _as_server(programs / "initdb", "-D", data, "-A", "trust", "-U", "auroram", "-E", "UTF8")
        settings = [f"port={port}", "listen_addresses=127.0.0.1", *options]
        settings.append(f"unix_socket_directories={folder}")
        words = [word for setting in settings for word in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*_prefix(), programs / "postgres", "-D", data, *words], stdout=log, stderr=log
            )
        try:
            _wait_for(programs / "pg_isready", port)
            yield f"postgresql://auroram@127.0.0.1:{port}/postgres"
        finally:
            _as_server(programs / "pg_ctl", "stop", "-D", data, "-m", "fast", "-s")
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _prefix() -> list[str]:
    return ["runuser", "-u", SERVER_USER, "--"] if os.geteuid() == 0 else []


def _as_server(*words: object) -> None:
    command = [*_prefix(), *map(str, words)]
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


def _wait_for(program: Path, port: int) -> None:
    deadline = time.monotonic() + 60
    while subprocess.run(
        [program, "-q", "-h", "127.0.0.1", "-p", str(port)], check=False
    ).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError("the PostgreSQL server did not start within a minute")
        time.sleep(0.1)
