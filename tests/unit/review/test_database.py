"""Databases of any age are opened whole or refused in a sentence."""

import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from auroram.errors import DataError, RunError
from auroram.review.desk import Desk
from auroram.review.queue import Wish
from auroram.review.store.accounts import account_rows
from auroram.review.store.database import Database
from auroram.review.store.migrate import migrate
from auroram.review.store.schema import METADATA
from auroram.review.verifying import verified_log
from auroram.review.word import Word
from review_desk import add_account, add_drafts, draft

FIRST_ACCOUNT = {
    "id": "a1", "name": "Anna", "name_key": "anna", "kind": "person", "role": "reviewer",
    "password": "x", "languages": '["fi"]', "skills": "[]", "active": True, "created_at": "",
}  # fmt: skip


def test_a_new_database_has_the_tables_of_the_schema(database):
    found = sa.inspect(database.engine)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}, table.name
    assert set(found.get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_a_database_of_the_first_schema_is_migrated_and_keeps_everything(address, monkeypatch):
    monkeypatch.setattr(
        "auroram.review.store.database.migrate",
        lambda connection, shown: migrate(connection, shown, to="0001"),
    )
    old = Database(address, create=True)
    add_drafts(old, [draft("d1", language="fi")])
    with old.writing() as connection:
        names = ", ".join(FIRST_ACCOUNT)
        values = ", ".join(f":{name}" for name in FIRST_ACCOUNT)
        words = sa.text(f"INSERT INTO accounts ({names}) VALUES ({values})")
        connection.execute(words, FIRST_ACCOUNT)
    old.close()
    monkeypatch.undo()
    database = Database(address)
    with database.reading() as connection:
        [anna] = account_rows(connection)
    assert (anna.name, anna.daily_cap, anna.opt_outs, anna.theme) == ("Anna", 120, (), "auto")
    desk = Desk(database)
    handed = desk.hand_out(anna, "review", Wish())
    desk.decide(anna, "review", handed.item.draft.id, Word(verdict="accept"))
    assert len(verified_log(database)) == 1
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(database):
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataError, match=r"newer Auroram \(schema 9999; .* 0002\); upgrade"):
        Database(database.address)


def test_a_database_of_something_else_is_left_alone(tmp_path):
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE cats (name)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(DataError, match="of something else"):
        Database(str(other))
    assert other.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("shopping " * 200)
    with pytest.raises(DataError, match="not a review database"):
        Database(str(tmp_path / "notes.txt"))


def test_a_missing_file_is_not_made_by_who_only_reads(tmp_path):
    with pytest.raises(DataError, match="auroram review import"):
        Database(str(tmp_path / "none.db"))


def test_another_kind_of_url_is_refused():
    with pytest.raises(DataError, match="neither a path nor a postgresql"):
        Database("mysql://somewhere/db", create=True)


def test_a_server_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(RunError, match="is it running") as raised:
        Database("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(raised.value)


def test_nobody_else_may_read_the_file(tmp_path):
    Database(str(tmp_path / "review.db"), create=True).close()
    assert stat.S_IMODE(Path(tmp_path / "review.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["anna", "ANNA", "\uff21nna"])
def test_two_accounts_of_one_name_are_refused(database, name):
    add_account(database, "Anna")
    with pytest.raises(DataError, match="choose another name"):
        add_account(database, name)


@pytest.mark.parametrize("name", ["", " Anna", "An\u200bna", "x" * 61])
def test_a_name_that_cannot_be_told_apart_is_refused(database, name):
    with pytest.raises(DataError, match="visible characters"):
        add_account(database, name)
