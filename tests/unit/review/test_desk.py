"""The desk over a real database: decisions are never lost, doubled or taken against the rules."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from auroram.records.decision import fault_of
from auroram.review.clock import now
from auroram.review.desk import Desk, RefusedError, left_on
from auroram.review.queue import Wish
from auroram.review.word import Word
from review_desk import add_account, add_drafts, draft

ACCEPT = Word(verdict="accept")


@pytest.fixture
def people(database):
    add_drafts(database, [draft(f"d{n}") for n in range(1, 4)])
    return [add_account(database, name) for name in ("Anna", "Binh")]


def take(desk, who, word=ACCEPT, task="review"):
    handed = desk.hand_out(who, task, Wish())
    return desk.decide(who, task, handed.item.draft.id, word)


def test_two_reviewers_release_a_draft(desk, people):
    for who in people:
        assert take(desk, who).decision.item == "d1"
    with desk.reading() as state:
        assert state.standings["d1"].place == "accepted"
        assert fault_of(state.log) == ""


def test_a_decision_is_there_for_another_process(desk, people):
    take(desk, people[0])
    with Desk(desk.database).reading() as state:
        assert len(state.log) == 1


def test_a_form_that_is_sent_twice_makes_one_decision(desk, people):
    take(desk, people[0])
    with pytest.raises(RefusedError, match="decided on this draft already"):
        desk.decide(people[0], "review", "d1", ACCEPT)
    with desk.reading() as state:
        assert len(state.log) == 1


def test_an_undone_draft_comes_back_to_who_undid_it(desk, people):
    entry = take(desk, people[0])
    desk.undo(people[0], entry.number)
    assert desk.hand_out(people[0], "review", Wish()).item.draft.id == "d1"
    with desk.reading() as state:
        assert [one.decision.verdict for one in state.log] == ["accept", "undo"]


def test_nobody_undoes_what_is_not_theirs_or_twice(desk, people):
    entry = take(desk, people[0])
    for number in (entry.number, 99, 0):
        with pytest.raises(RefusedError, match="not yours"):
            desk.undo(people[1], number)
    desk.undo(people[0], entry.number)
    with pytest.raises(RefusedError, match="undone already"):
        desk.undo(people[0], entry.number)


def test_a_review_under_an_adjudication_stays(desk, people, database):
    judge = add_account(database, "Judge", role="adjudicator")
    entry = take(desk, people[0], Word(verdict="escalate"))
    ruling = take(desk, judge, task="adjudicate")
    with pytest.raises(RefusedError, match="adjudicator has decided"):
        desk.undo(people[0], entry.number)
    desk.undo(judge, ruling.number)
    desk.undo(people[0], entry.number)


def test_the_daily_cap_ends_the_day(desk, database):
    add_drafts(database, [draft("d1"), draft("d2")])
    who = add_account(database, "Anna", daily_cap=1)
    take(desk, who)
    with desk.reading() as state:
        assert left_on(state, who, now()[:10]) == 0
    assert desk.hand_out(who, "review", Wish()) is None


def test_what_was_passed_on_is_not_handed_out_again(desk, people):
    desk.hand_out(people[0], "review", Wish())
    desk.pass_on(people[0], "review", "d1")
    assert desk.hand_out(people[0], "review", Wish()).item.draft.id == "d2"


def test_a_draft_that_does_not_exist_is_refused(desk, people):
    with pytest.raises(RefusedError, match="no such draft"):
        desk.decide(people[0], "review", "nope", ACCEPT)


def test_eight_at_once_at_two_processes_lose_and_double_nothing(desk, database):
    add_drafts(database, [draft(f"d{n}") for n in range(12)])
    desks = [desk, Desk(database)]
    crowd = [add_account(database, f"reviewer {n}", kind="software") for n in range(8)]

    def work(pair):
        number, who = pair
        made = 0
        while (handed := desks[number % 2].hand_out(who, "review", Wish())) is not None:
            desks[number % 2].decide(who, "review", handed.item.draft.id, ACCEPT)
            made += 1
        return made

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(work, enumerate(crowd)))
    with desk.reading() as state:
        assert made == len(state.log) == 24
        assert {s.place for s in state.standings.values()} == {"accepted"}
        assert fault_of(state.log) == ""
