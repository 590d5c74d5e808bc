"""Whether there are accounts enough for every draft to come to an end."""

import pytest

from auroram.review.staffing import shortages
from review_desk import Log, account, item, state_of

ANNA = account("anna", languages=("en", "fi"))
BINH = account("binh", languages=("en", "vi"))
JUDGE = account("judge", role="adjudicator")
LEAD = account("lead", role="lead")


def short(accounts, *items, log=None):
    return {one.languages: one for one in shortages(state_of(items, log), accounts)}


def test_two_reviewers_and_an_adjudicator_are_enough():
    assert not short([ANNA, BINH, JUDGE], item(language="en"))


@pytest.mark.parametrize(
    "accounts",
    [
        [],
        [ANNA, BINH],
        [ANNA, JUDGE],
        [ANNA, LEAD],
        [ANNA, JUDGE, account("closed", active=False)],
        [ANNA, JUDGE, account("owner", role="owner")],
    ],
)
def test_fewer_are_named(accounts):
    assert ("fi",) in short(accounts, item(language="fi"))


def test_an_adjudicator_may_be_one_of_the_reviewers_where_there_is_another():
    assert not short([ANNA, JUDGE, LEAD], item(language="fi"))


def test_languages_with_the_same_shortage_are_named_together():
    items = [item("a", language="hi"), item("b", language="ja"), item("c", language="fi")]
    found = short([ANNA, JUDGE], *items)
    assert set(found) == {("hi", "ja"), ("fi",)}
    assert "in hi, ja 1 account may review and 1 may adjudicate" in str(found["hi", "ja"])


def test_a_skill_counts_and_is_named():
    accounts = [ANNA, BINH, JUDGE]
    [found] = short(accounts, item(skill="biosecurity")).values()
    assert (found.reviewers, found.adjudicators) == (0, 0)
    assert "with the skill 'biosecurity'" in str(found)
    skilled = [account(str(n), role="adjudicator", skills=("biosecurity",)) for n in range(3)]
    assert not short(skilled, item(skill="biosecurity"))


def test_drafts_with_an_outcome_need_nobody():
    log = Log()
    log.add("anna")
    log.add("binh")
    assert not short([], item(), log=log)
