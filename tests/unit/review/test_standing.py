"""Where a draft stands, from the decisions on it."""

import pytest

from review_desk import Log, draft, item, state_of


def standing(*words, reviews=2):
    log = Log()
    for reviewer, verdict, values in words:
        log.add(reviewer, verdict, **values)
    return state_of([item(reviews=reviews)], log).standings["d1"]


def test_a_draft_without_decisions_is_open():
    assert standing().place == "open"


def test_one_review_of_two_leaves_it_open():
    assert standing(("a", "accept", {})).place == "open"


def test_two_who_accept_release_the_draft_as_it_is():
    both = standing(("a", "accept", {}), ("b", "accept", {}))
    assert (both.place, both.answer) == ("accepted", draft().answer)


def test_two_who_reject_end_it():
    assert standing(("a", "reject", {}), ("b", "reject", {})).place == "rejected"


def test_two_who_disagree_leave_it_to_an_adjudicator():
    both = standing(("a", "accept", {}), ("b", "reject", {}))
    assert (both.place, both.reason) == ("disputed", "disagreement")


def test_two_different_edits_are_a_disagreement():
    both = standing(("a", "edit", {"answer": "No."}), ("b", "edit", {"answer": "Never."}))
    assert both.reason == "disagreement"


def test_two_equal_edits_release_the_edit():
    both = standing(("a", "edit", {"answer": "No."}), ("b", "edit", {"answer": "No."}))
    assert (both.place, both.answer) == ("accepted", "No.")


def test_two_of_three_are_a_majority():
    three = standing(("a", "accept", {}), ("b", "reject", {}), ("c", "accept", {}), reviews=3)
    assert three.place == "accepted"
    assert [entry.decision.reviewer for entry in three.behind] == ["a", "c"]


def test_one_who_escalates_is_enough():
    assert standing(("a", "escalate", {})).reason == "escalated"


@pytest.mark.parametrize("flag", ["personal-data", "operational-detail"])
def test_a_grave_flag_is_not_outvoted(flag):
    both = standing(("a", "accept", {}), ("b", "accept", {"flags": (flag,)}))
    assert (both.place, both.reason) == ("disputed", "flagged")


def test_a_flag_of_over_refusal_is_no_dispute():
    both = standing(("a", "accept", {"flags": ("over-refusal",)}), ("b", "accept", {}))
    assert both.place == "accepted"


def test_an_adjudicator_ends_a_dispute_with_an_edit():
    ended = standing(
        ("a", "accept", {}),
        ("b", "escalate", {}),
        ("c", "edit", {"task": "adjudicate", "answer": "No."}),
    )
    assert (ended.place, ended.answer) == ("accepted", "No.")
    assert [entry.decision.reviewer for entry in ended.behind] == ["c"]


def test_software_that_agrees_with_a_person_does_not_hide_the_person():
    both = standing(("a", "accept", {"actor": "software"}), ("b", "accept", {}))
    assert both.is_by_people


def test_a_person_who_was_overruled_by_software_did_not_choose():
    ended = standing(
        ("a", "reject", {}),
        ("b", "accept", {"actor": "software"}),
        ("c", "accept", {"task": "adjudicate", "actor": "software"}),
    )
    assert ended.place == "accepted"
    assert not ended.is_by_people


def test_an_undone_decision_counts_no_more():
    log = Log()
    log.add("a")
    second = log.add("b", "reject")
    log.add("b", "undo", undoes=second.number)
    state = state_of([item()], log)
    assert state.standings["d1"].place == "open"
    assert state.last_of("b") is None
    assert state.last_of("a").number == 1


def test_the_log_read_in_two_parts_gives_the_state_of_the_log_read_at_once():
    log = Log()
    for reviewer in ("a", "b"):
        log.add(reviewer)
        log.add(reviewer, "escalate", item="d2")
    items = [item("d1"), item("d2")]
    whole, grown = state_of(items, log), state_of(items)
    for entry in log.entries:
        grown.apply(entry)
    assert grown.standings == whole.standings
    assert list(grown.waiting("adjudicate")) == list(whole.waiting("adjudicate"))
