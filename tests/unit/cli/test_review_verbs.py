"""`auroram review ...` as a user types it."""

import json
import socket
import sqlite3
from pathlib import Path

import pytest

from auroram.cli.main import main
from auroram.records.draft import write_drafts
from auroram.review.desk import Desk
from auroram.review.queue import Wish
from auroram.review.store.accounts import account_rows
from auroram.review.store.database import Database
from auroram.review.word import Word
from review_desk import PASSWORD, draft


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Types a command in a folder with two drafts; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "word").write_text(PASSWORD + "\n")
    write_drafts(tmp_path / "drafts.jsonl", [draft("d1"), draft("d2")])

    def run(*words):
        code = main(["review", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def desk(typed):
    """A desk with one account, that accepted one draft."""
    typed("import", "review.db", "drafts.jsonl", "--reviews", "1")
    make(typed, "Robot", "--kind", "software")
    database = Database("review.db")
    with database.reading() as connection:
        [robot] = account_rows(connection)
    opened = Desk(database)
    opened.hand_out(robot, "review", Wish())
    opened.decide(robot, "review", "d1", Word(verdict="accept"))
    database.close()


def make(typed, name, *words):
    options = ("--role", "reviewer", "--password-file", "word")
    return typed("user", "review.db", name, *options, *words)


def test_drafts_come_once(typed):
    assert typed("import", "review.db", "drafts.jsonl")[1].startswith("2 new drafts")
    assert typed("import", "review.db", "drafts.jsonl")[1].startswith("0 new drafts")


def test_the_second_account_of_a_name_is_refused(typed):
    assert make(typed, "Anna", "--kind", "person")[0] == 0
    code, _, said = make(typed, "ANNA", "--kind", "software")
    assert code == 2
    assert "there is one of this name already" in said and said.count("\n") == 1


def test_an_account_is_changed_but_for_its_kind(typed):
    make(typed, "Anna", "--kind", "person")
    assert typed("user", "review.db", "Anna", "--languages", "fi,en")[0] == 0
    assert "en,fi" in typed("user", "review.db")[1]
    assert typed("user", "review.db", "Anna")[0] == 2
    code, _, said = typed("user", "review.db", "New")
    assert code == 2 and "give --role and --kind" in said
    assert typed("user", "review.db", "Anna", "--close")[0] == 0
    assert "closed" in typed("user", "review.db")[1]


def test_the_list_of_accounts_says_where_they_are_too_few(typed):
    typed("import", "review.db", "drafts.jsonl")
    make(typed, "Anna", "--kind", "person", "--languages", "en")
    assert "note: in en 1 account may review and 0 may adjudicate" in typed("user", "review.db")[1]
    make(typed, "Binh", "--kind", "person")
    make(typed, "Judge", "--kind", "person", "--role", "adjudicator")
    assert "note" not in typed("user", "review.db")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "none.db"), "no such database"),
        (("release", "none.db", "out"), "no such database"),
        (("import", "review.db", "none.jsonl"), "none.jsonl: there is no such file"),
        (("import", "review.db", "drafts.jsonl", "--reviews", "0"), "between 1 and 9"),
        (("import", "review.db", "drafts.jsonl", "--skill", "cbrn"), "CONCERN=SKILL"),
        (
            ("import", "review.db", "drafts.jsonl", "--skill", "cbrnx=biosecurity"),
            "no draft is on 'cbrnx'; the drafts are on",
        ),
        (("user", "none.db"), "no such database"),
        (("user", "none.db", "Anna", "--languages", "fi"), "no such database"),
        (("user", "postgresql://anna:secret/word@host:x/desk"), "not a URL of PostgreSQL"),
        (("user", "postgresql://host/desk"), "not a URL of PostgreSQL with a user"),
        (("diff", "a", "b"), "not a release"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(typed, words, said):
    code, _, error = typed(*words)
    assert code == 2
    assert said in error and error.count("\n") == 1
    assert "secret" not in error and not Path("none.db").exists()


def test_a_language_that_no_draft_is_in_is_told(typed):
    typed("import", "review.db", "drafts.jsonl")
    said = make(typed, "Anna", "--kind", "person", "--languages", "en,finnish")[1]
    assert "note: no draft at the desk is in 'finnish'; they are in en\n" in said
    assert "note" not in typed("user", "review.db", "Anna", "--languages", "en")[1]


@pytest.mark.parametrize("port", ["99999", "-1", "x"])
def test_a_port_that_there_is_not_is_refused(typed, capsys, port):
    with pytest.raises(SystemExit):
        typed("serve", "review.db", "--port", port)
    assert "argument --port" in capsys.readouterr().err


def test_a_desk_is_at_no_port_that_is_taken(typed):
    typed("import", "review.db", "drafts.jsonl")
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, said, error = typed("serve", "review.db", "--port", str(other.getsockname()[1]))
    assert (code, said) == (2, "")
    assert "cannot be listened on" in error


def test_a_short_password_is_refused(typed, tmp_path):
    (tmp_path / "word").write_text("short")
    assert "at least 12 characters" in make(typed, "Anna", "--kind", "person")[2]


def test_a_release_says_who_decided_and_verifies(typed, desk, tmp_path):
    code, said, _ = typed("release", "review.db", "releases")
    [place] = (tmp_path / "releases").iterdir()
    assert code == 0
    assert "0 by 0 people, 1 by 1 pieces of software" in said
    assert "1 of the exchanges were decided by software alone" in said
    assert typed("verify", "review.db", "--release", str(place))[0] == 0
    assert "added: 0" in typed("diff", str(place), str(place))[1]


def test_a_tampered_log_is_neither_released_nor_served(typed, desk):
    connection = sqlite3.connect("review.db")
    connection.execute("UPDATE log SET body = replace(body, 'software', 'person')")
    connection.commit()
    connection.close()
    for words in (("verify", "review.db"), ("release", "review.db", "x"), ("serve", "review.db")):
        code, _, said = typed(*words)
        assert code == 1
        assert "decision 1 was changed" in said


def test_an_export_holds_the_log_and_no_password(typed, desk, tmp_path):
    assert typed("export", "review.db", "backup")[0] == 0
    accounts = (tmp_path / "backup" / "accounts.jsonl").read_text()
    assert json.loads(accounts)["account"]["name"] == "Robot" and "argon2" not in accounts
    assert len((tmp_path / "backup" / "decisions.jsonl").read_text().splitlines()) == 1
    assert typed("export", "review.db", "backup")[0] == 2


def test_an_exported_desk_is_brought_whole_and_then_lacks_only_passwords(typed, desk, tmp_path):
    typed("export", "review.db", "backup")
    code, said, _ = typed("import", "new.db", "backup")
    assert code == 0
    assert "a whole desk: 2 drafts, 1 decisions, 1 accounts" in said
    assert "1 accounts have no password yet" in said
    code, _, said = typed("import", "new.db", "backup")
    assert code == 2 and "logs cannot be joined; name an empty database" in said
