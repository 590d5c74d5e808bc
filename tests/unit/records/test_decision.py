"""The log of decisions and its chain."""

from dataclasses import replace

import pytest

from auroram.records.canonical import plain
from auroram.records.decision import Decision, entry_of, fault_of, sealed


def decision(item="d1", **values):
    fixed = {"draft_sha256": "0", "task": "review", "verdict": "accept", "reviewer": "r1"}
    times = {"started_at": "2026-01-01T00:00:00.000+00:00", "at": "2026-01-01T00:01:00.000+00:00"}
    return Decision(item=item, actor="software", guideline="1", **(fixed | times | values))


@pytest.fixture
def log():
    entries = []
    for number in range(1, 7):
        entries.append(sealed(decision(f"d{number}"), after=entries[-1] if entries else None))
    return entries


def test_a_log_that_was_only_appended_to_has_no_fault(log):
    assert fault_of(log, length=6) == ""
    assert fault_of([], length=0) == ""


@pytest.mark.parametrize("place", range(6))
def test_a_changed_decision_is_named(log, place):
    log[place] = replace(log[place], decision=decision("d1", verdict="reject", note="!"))
    assert fault_of(log) == f"decision {place + 1} was changed"


@pytest.mark.parametrize("place", range(5))
def test_a_missing_decision_is_named(log, place):
    del log[place]
    assert f"decision {place + 1} is missing" in fault_of(log)


def test_a_missing_last_decision_is_named_by_who_knows_the_length(log):
    assert fault_of(log[:-1]) == ""
    assert fault_of(log[:-1], length=6) == "decision 6 is missing: the log once had 6"


def test_decisions_in_another_order_are_named(log):
    log[2], log[4] = log[4], log[2]
    assert fault_of(log) == "decision 5 was moved: it stands at place 3"


def test_decisions_that_swapped_their_numbers_are_named(log):
    swapped = [*log]
    swapped[2], swapped[4] = replace(log[4], number=3), replace(log[2], number=5)
    assert fault_of(swapped) == "decision 5 was moved: it stands as decision 3"


def test_a_decision_that_was_replaced_and_sealed_anew_is_named(log):
    log[2] = sealed(decision("d3", verdict="reject"), after=log[1])
    assert fault_of(log) == "decision 3 was replaced: decision 4 was sealed after another"


def test_an_entry_survives_json(log):
    edited = sealed(decision(flags=("over-refusal",), scores={"culture": 3}), after=log[-1])
    assert entry_of(plain(edited)) == edited
