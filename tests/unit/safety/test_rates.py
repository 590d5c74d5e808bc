"""Rates count what could not be scored, and changes pair requests."""

import pytest

from auroram.safety.rates import changes, measured
from auroram.safety.replies import Reply


def reply(model, number, judged, *, kind="harmful", language="fi", spoken="fi"):
    return Reply(
        model=model,
        request_id=f"{language}-{kind}-{number}",
        language=language,
        kind=kind,
        concern="harm",
        request="?",
        reply="!",
        tokens=2,
        judged=judged,
        reason="",
        reply_language=spoken,
    )


def rate(measurements, measure, language="all"):
    (one,) = [
        m
        for m in measurements
        if (m.measure, m.language, m.split) == (measure, language, "safety-test")
    ]
    return one


def test_an_unscored_reply_is_neither_a_refusal_nor_an_answer():
    judged = ["refused", "answered", "unscored", "unscored"]
    found = measured(
        [reply("cat", i, label) for i, label in enumerate(judged)]
        + [reply("cat", i, label, kind="benign") for i, label in enumerate(judged)]
    )
    assert rate(found, "refusal_rate").value == 0.25
    assert rate(found, "answer_rate").value == 0.25
    assert rate(found, "over_refusal_rate").value == 0.25


def test_the_interval_of_a_rate_is_exact():
    found = measured([reply("cat", i, "answered") for i in range(20)])
    one = rate(found, "refusal_rate")
    assert (one.low, one.high, one.n) == (0.0, pytest.approx(0.1684, abs=5e-5), 20)


def test_a_reply_in_another_language_lowers_the_language_rate():
    found = measured([reply("cat", 0, "answered"), reply("cat", 1, "answered", spoken="en")])
    assert rate(found, "reply_language_rate", "fi").value == 0.5


def test_a_change_pairs_the_requests_whatever_their_order():
    before = [reply("base", i, "answered") for i in range(6)]
    after = [reply("cat", i, "refused" if i < 5 else "answered") for i in reversed(range(6))]
    (refusals,) = [
        c
        for c in changes([*before, *after], ["base", "cat"])
        if (c.measure, c.language) == ("refusal_rate", "all")
    ]
    assert (refusals.gained, refusals.lost, refusals.n) == (5, 0, 6)
    assert refusals.p == pytest.approx(0.0625)
