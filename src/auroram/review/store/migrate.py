"""Bringing a database up to today's schema, in the transaction that opens it."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from auroram.errors import DataError

FOLDER = Path(__file__).parent / "migrations"
LOCK = 5_110_14
"""Number of the lock under which one process of several migrates a PostgreSQL."""


def migrate(connection: sa.Connection, address: str, *, to: str = "head") -> None:
    """Run the migrations that the database has not had.

    Args:
        connection: in a transaction, so that a failure leaves the old schema whole.
        address: of the database, for errors.
        to: the schema's version; tests make older ones.

    Raises:
        DataError: where a newer Auroram made it, or something else did.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    version = MigrationContext.configure(connection).get_current_revision()
    if version is None and sa.inspect(connection).get_table_names():
        raise DataError(f"{address}: a database of something else; name another")
    if version is not None and version not in known:
        raise DataError(
            f"{address}: made by a newer Auroram (schema {version}; this one knows up to "
            f"{scripts.get_current_head()}); upgrade auroram"
        )
    if version != scripts.get_current_head():
        command.upgrade(config, to)
