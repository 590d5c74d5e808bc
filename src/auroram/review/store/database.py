"""Opening a desk's database: a file of SQLite, or a PostgreSQL by its URL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError

from auroram.errors import DataError, RunError, first_line
from auroram.review.store.migrate import migrate

POSTGRESQL = ("postgresql://", "postgres://")
BUSY_SECONDS = 30
"""How long SQLite waits for another writer."""
CONNECTIONS = 16
"""Most connections of one process to PostgreSQL."""


class Database:
    """A desk's tables, brought up to today's schema when it is opened."""

    def __init__(self, address: str, *, create: bool = False) -> None:
        """Open the database at the address, a path or a URL.

        Raises:
            DataError: where there is none, or it is of a newer Auroram, or is something else.
            RunError: where the server does not answer.
        """
        self.address = address
        self.engine = _postgresql(address) if is_postgresql(address) else _sqlite(address, create)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        try:
            with self.writing() as connection:
                migrate(connection, self.shown)
            if self.engine.dialect.name == "sqlite":
                _let_readers_go_on(self.engine)
        except (InterfaceError, OperationalError) as error:
            reason = first_line(error.orig or error)
            raise RunError(f"{self.shown}: cannot be opened ({reason}); is it running?") from error
        except sa.exc.DatabaseError as error:
            reason = _said_by_postgresql(error.orig) or str(error.orig)
            raise DataError(f"{self.shown}: not a review database ({reason})") from error

    @property
    def shown(self) -> str:
        """The address without a password."""
        if not is_postgresql(self.address):
            return self.address
        return self.engine.url.set(drivername="postgresql").render_as_string()

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """A transaction: all of it is on the disk on leaving, or none where the block raises.

        What is not `durable` is there for all to see at once, but a power cut may undo it: leases
        and the times of requests, for which nobody should wait for the disk.
        """
        connected = self.engine.connect().execution_options(writing=True, durable=durable)
        with connected as connection, connection.begin():
            if not durable and connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()


def is_postgresql(address: str) -> bool:
    """Whether the address is a URL of PostgreSQL and not a file."""
    return address.startswith(POSTGRESQL)


def _said_by_postgresql(error: BaseException | None) -> str:
    """The sentence among the fields of a refusal; empty where the error is none of PostgreSQL's."""
    fields = error.args[0] if error and error.args else None
    return str(fields.get("M", "")) if isinstance(fields, dict) else ""


def _postgresql(address: str) -> sa.Engine:
    try:
        url = sa.make_url("postgresql+pg8000://" + address.split("://", 1)[1])
    except (sa.exc.ArgumentError, ValueError):  # whose words may hold a password
        url = None
    if url is None or not url.username:
        raise DataError(
            "not a URL of PostgreSQL with a user; write postgresql://user:word@host:port/name, and "
            "a sign such as @ or / in the word as %40 or %2F"
        )
    return sa.create_engine(url, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True)


def _sqlite(address: str, create: bool) -> sa.Engine:  # noqa: FBT001 -- passed on by name
    path = Path(address)
    if "://" in address:
        raise DataError(f"{address}: neither a path nor a postgresql:// URL; give one of them")
    if not path.is_file():
        if not create:
            raise DataError(f"{path}: no such database; `auroram review import` makes one")
        path.parent.mkdir(parents=True, exist_ok=True)
        # It will hold password hashes: nobody else on the machine may read it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _set_up)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection, _record) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """We begin transactions ourselves."""
    connection.isolation_level = None


def _let_readers_go_on(engine: sa.Engine) -> None:
    """Readers do not wait for the writer; the file keeps it, so only a desk's may be told."""
    connection = engine.raw_connection()
    connection.cursor().execute("PRAGMA journal_mode=WAL")
    connection.close()


def _begin(connection: sa.Connection) -> None:
    # A writer that began as a reader could fail half-way, for another wrote in between.
    options = connection.get_execution_options()
    synced = "FULL" if options.get("durable", True) else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous={synced}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")
