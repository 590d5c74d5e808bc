"""A desk on each kind of database."""

import pytest
import sqlalchemy as sa
from postgresql_server import binaries, postgresql_server

from auroram.review.desk import Desk
from auroram.review.store.database import Database


@pytest.fixture(scope="session")
def postgresql():
    if binaries() is None:
        pytest.skip("no PostgreSQL server is installed; apt-get install postgresql")
    with postgresql_server("fsync=off") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Where there is no database yet."""
    if request.param == "sqlite":
        return str(tmp_path / "review.db")
    url = request.getfixturevalue("postgresql")
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://"))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture
def database(address):
    database = Database(address, create=True)
    yield database
    database.close()


@pytest.fixture
def desk(database):
    return Desk(database)
