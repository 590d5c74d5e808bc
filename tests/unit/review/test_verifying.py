"""A log that was tampered with is refused, and the row is named."""

import pytest
import sqlalchemy as sa

from auroram.errors import IntegrityError
from auroram.review.desk import Desk
from auroram.review.queue import Wish
from auroram.review.verifying import Witness, verified_log
from auroram.review.word import Word
from review_desk import add_account, add_drafts, draft


@pytest.fixture
def tampered(database):
    """Runs a statement on the database of a desk with four decisions; its log is then verified."""
    add_drafts(database, [draft("d1"), draft("d2")])
    desk = Desk(database)
    for who in (add_account(database, "Anna"), add_account(database, "Binh", kind="software")):
        for _ in range(2):
            handed = desk.hand_out(who, "review", Wish())
            desk.decide(who, "review", handed.item.draft.id, Word(verdict="accept"))

    def tamper(*statements):
        with database.writing() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
        return database

    return tamper


def test_an_untouched_log_verifies(tampered):
    assert len(verified_log(tampered())) == 4


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (
            ["UPDATE log SET body = replace(body, 'accept', 'reject') WHERE number = 2"],
            "decision 2 was changed",
        ),
        (
            ["UPDATE log SET body = replace(body, 'software', 'person') WHERE number = 3"],
            "decision 3 was changed",
        ),
        (["UPDATE log SET body = '{' WHERE number = 2"], "decision 2 was changed"),
        (["DELETE FROM log WHERE number = 2"], "decision 2 is missing"),
        (["DELETE FROM log WHERE number = 4"], "decision 4 is missing"),
        (
            [
                "UPDATE log SET number = 99 WHERE number = 2",
                "UPDATE log SET number = 2 WHERE number = 3",
                "UPDATE log SET number = 3 WHERE number = 99",
            ],
            "decision 3 was moved: it stands as decision 2",
        ),
        (
            ["UPDATE drafts SET body = replace(body, 'hurt', 'rich') WHERE id = 'd1'"],
            "draft d1 was changed since it was imported",
        ),
        (["DELETE FROM drafts WHERE id = 'd2'"], "draft d2 is not the one"),
        (["UPDATE accounts SET kind = 'person'"], "account of decision 3 was changed"),
    ],
)
def test_what_was_touched_is_named(tampered, statements, named):
    with pytest.raises(IntegrityError, match=named):
        verified_log(tampered(*statements))


def test_a_whole_new_log_is_told_by_a_witness(tampered):
    database = tampered()
    kept = verified_log(database)[2]
    witness = Witness(name="release", number=3, sha256=kept.sha256)
    assert verified_log(database, (witness,))
    with pytest.raises(IntegrityError, match="not the one that release holds"):
        verified_log(database, (Witness(name="release", number=2, sha256=kept.sha256),))
    with pytest.raises(IntegrityError, match="decision 9 is missing"):
        verified_log(database, (Witness(name="release", number=9, sha256=kept.sha256),))
