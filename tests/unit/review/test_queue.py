"""Who is handed what."""

from auroram.review.queue import Hands, Lease, Wish, hindrance, next_item
from review_desk import Log, account, item, state_of

NOW = "2026-01-02T00:00:00.000+00:00"
LATER = "2026-01-02T00:20:00.000+00:00"
NOBODY = Hands(leases=(), now=NOW)


def hold(item, reviewer, task="review", **values):
    return Lease(
        item=item, reviewer=reviewer, task=task, **({"started_at": NOW, "until": LATER} | values)
    )


def handed(state, who, task="review", hands=NOBODY, wish=None):
    found = next_item(state, who, task, hands, wish or Wish())
    return found and found.draft.id


def test_a_draft_with_one_review_comes_before_a_fresh_one():
    log = Log()
    log.add("other", item="d2")
    assert handed(state_of([item("d1"), item("d2")], log), account()) == "d2"


def test_nobody_reviews_a_draft_twice():
    log = Log()
    log.add("r1")
    state = state_of([item("d1")], log)
    assert handed(state, account("r1")) is None
    assert handed(state, account("r2")) == "d1"


def test_two_at_once_share_a_draft_and_a_third_is_handed_another():
    hands = Hands(leases=(hold("d1", "a"), hold("d1", "b")), now=NOW)
    state = state_of([item("d1"), item("d2")])
    assert handed(state, account("c"), hands=hands) == "d2"
    assert handed(state, account("a"), hands=hands) == "d1"


def test_a_lease_that_ran_out_holds_nothing():
    hands = Hands(leases=(hold("d1", "a", until=NOW), hold("d1", "b", until=NOW)), now=NOW)
    assert handed(state_of([item("d1")]), account("c"), hands=hands) == "d1"


def test_what_was_passed_on_comes_back_to_others_alone():
    hands = Hands(leases=(hold("d1", "a", passed=True),), now=NOW)
    state = state_of([item("d1")])
    assert handed(state, account("a"), hands=hands) is None
    assert handed(state, account("b"), hands=hands) == "d1"


def test_a_reviewer_is_handed_only_languages_they_read():
    state = state_of([item("d1", language="fi"), item("d2", language="hi")])
    assert handed(state, account(languages=("hi", "en"))) == "d2"


def test_a_concern_that_was_opted_out_of_is_never_handed_out():
    state = state_of([item("d1", concern="cbrn"), item("d2", concern="cyber")])
    assert handed(state, account(opt_outs=("cbrn",))) == "d2"


def test_a_concern_is_left_out_even_where_a_draft_on_it_is_in_hand():
    hands = Hands(leases=(hold("d1", "r1"),), now=NOW)
    state = state_of([item("d1", concern="cbrn"), item("d2", concern="cyber")])
    assert handed(state, account(opt_outs=("cbrn",)), hands=hands) == "d2"


def test_a_skill_that_a_draft_needs_is_asked_for():
    state = state_of([item("d1", skill="biosecurity")])
    assert handed(state, account()) is None
    assert handed(state, account(skills=("biosecurity",))) == "d1"


def test_a_wish_narrows_the_queue_by_language_and_concern():
    state = state_of([item("d1", language="fi"), item("d2", concern="cyber")])
    assert handed(state, account(), wish=Wish(concern="cyber")) == "d2"
    assert handed(state, account(), wish=Wish(language="ja")) is None


def test_disputed_drafts_go_to_adjudicators_who_did_not_review_them():
    log = Log()
    log.add("a", "escalate")
    state = state_of([item("d1")], log)
    assert handed(state, account("b"), "adjudicate") is None
    assert handed(state, account("a", role="adjudicator"), "adjudicate") is None
    assert handed(state, account("c", role="adjudicator"), "adjudicate") == "d1"
    assert handed(state, account("c", role="lead"), "adjudicate") == "d1"


def test_who_reads_the_log_does_not_review():
    state = state_of([item("d1")])
    for role in ("owner", "lead", "auditor"):
        assert handed(state, account(role=role)) is None
        assert (
            hindrance(state, item("d1"), account(role=role), "review", NOBODY)
            == "your role does not allow this"
        )


def test_an_account_that_was_closed_may_nothing():
    assert handed(state_of([item("d1")]), account(active=False)) is None
