"""A whole desk moves from one database to another, and nothing is lost on the way."""

import stat

import pytest

from auroram.errors import DataError, IntegrityError
from auroram.review.desk import Desk
from auroram.review.login import log_in
from auroram.review.moving import bring, read_desk, write_desk
from auroram.review.store.database import Database
from auroram.review.verifying import Witness, verified_log
from auroram.review.word import Word
from review_desk import PASSWORD, add_account, add_drafts, draft

FILES = ("drafts.jsonl", "intake.jsonl", "decisions.jsonl", "accounts.jsonl", "desk.json")


def worked_at(database):
    """Fills a desk: every verdict, an undo, an adjudication, an edit in Hindi, software."""
    add_drafts(database, [draft(f"d{n}", language="hi") for n in range(1, 5)])
    add_drafts(database, [draft("d5", concern="cbrn")], reviews=3, skill="biosecurity")
    anna = add_account(database, "Anna", languages=("en", "hi"), opt_outs=("harm",))
    robot = add_account(database, "Robot", kind="software", skills=("biosecurity",))
    judge = add_account(database, "Judge", role="adjudicator", daily_cap=7)
    desk = Desk(database)
    edit = Word(
        verdict="edit", answer="मैं इसमें मदद नहीं कर सकता।\nपर बात कर सकते हैं।", scores={"culture": 3}
    )
    entry = desk.decide(anna, "review", "d1", edit)
    desk.undo(anna, entry.number)
    desk.decide(anna, "review", "d1", edit)
    desk.decide(robot, "review", "d1", Word(verdict="reject", note='"so" <b>'))
    desk.decide(judge, "adjudicate", "d1", Word(verdict="accept"))
    desk.decide(anna, "review", "d2", Word(verdict="escalate"))
    desk.decide(robot, "review", "d3", Word(verdict="accept", flags=("personal-data",)))
    return desk


def files_of(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture
def sqlite(tmp_path):
    database = Database(str(tmp_path / "old.db"), create=True)
    worked_at(database)
    yield database
    database.close()


def test_a_desk_moves_from_sqlite_to_either_database_and_back_byte_for_byte(
    sqlite, database, tmp_path
):
    facts = write_desk(sqlite, tmp_path / "out", passwords=True)
    assert (facts.drafts, facts.decisions, facts.accounts) == (5, 7, 3)
    bring(database, read_desk(tmp_path / "out"))
    write_desk(database, tmp_path / "again", passwords=True)
    assert files_of(tmp_path / "again") == files_of(tmp_path / "out")
    with Desk(sqlite).reading() as old, Desk(database).reading() as new:
        assert (new.items, new.log, new.standings) == (old.items, old.log, old.standings)


def test_work_goes_on_at_the_new_desk_with_the_old_passwords(sqlite, database, tmp_path):
    write_desk(sqlite, tmp_path / "out", passwords=True)
    before = verified_log(sqlite)
    bring(database, read_desk(tmp_path / "out"))
    assert log_in(database, "Anna", PASSWORD, address="here")
    robot = next(one for one in read_desk(tmp_path / "out").accounts if one.account.name == "Robot")
    entry = Desk(database).decide(robot.account, "review", "d5", Word(verdict="accept"))
    assert (entry.number, entry.previous) == (len(before) + 1, before[-1].sha256)
    witness = Witness(name="the old desk", number=len(before), sha256=before[-1].sha256)
    assert len(verified_log(database, (witness,))) == len(before) + 1


def test_a_desk_with_a_log_of_its_own_is_left_alone(sqlite, database, tmp_path):
    write_desk(sqlite, tmp_path / "out", passwords=True)
    add_drafts(database, [draft("other")])
    with pytest.raises(DataError, match="logs cannot be joined"):
        bring(database, read_desk(tmp_path / "out"))
    with Desk(database).reading() as state:
        assert list(state.items) == ["other"] and not state.log


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("decisions.jsonl", lambda text: text.replace('"software"', '"person"', 1), "was changed"),
        ("decisions.jsonl", lambda text: text[: text.rindex("\n", 0, -1) + 1], "7 is missing"),
        ("decisions.jsonl", lambda text: text.split("\n", 1)[1], "decision 1 is missing"),
        ("drafts.jsonl", lambda text: text.replace("someone", "nobody", 1), "draft d. was changed"),
        ("accounts.jsonl", lambda text: text.replace('"software"', '"person"'), "another kind"),
        ("accounts.jsonl", lambda text: text.split("\n", 1)[1], "5 drafts and 3 accounts"),
    ],
)
def test_what_was_changed_on_the_way_is_named(sqlite, tmp_path, file, change, words):
    write_desk(sqlite, tmp_path / "out", passwords=True)
    path = tmp_path / "out" / file
    path.write_text(change(path.read_text()))
    with pytest.raises(IntegrityError, match=words):
        read_desk(tmp_path / "out")


@pytest.mark.parametrize("file", FILES)
def test_a_folder_that_lacks_a_file_is_no_desk(sqlite, tmp_path, file):
    write_desk(sqlite, tmp_path / "out", passwords=True)
    (tmp_path / "out" / file).unlink()
    with pytest.raises(DataError, match="not a whole desk"):
        read_desk(tmp_path / "out")


def test_passwords_stay_behind_unless_asked_for_and_nobody_else_may_look(sqlite, tmp_path):
    write_desk(sqlite, tmp_path / "out", passwords=False)
    assert "argon2" not in (tmp_path / "out" / "accounts.jsonl").read_text()
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
