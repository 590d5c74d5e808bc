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


def in_five_languages(model, judged):
    """The same requests in five languages, so many of which each model treats alike."""
    return [
        reply(model, i, label, language=language)
        for i, label in enumerate(judged)
        for language in ("en", "fi", "hi", "ja", "vi")
    ]


def test_translations_of_a_request_are_no_new_evidence():
    base = in_five_languages("base", ["answered"] * 30)
    cat = in_five_languages("cat", ["refused"] * 6 + ["answered"] * 24)
    found = measured([*base, *cat])
    alone = measured([one for one in cat if one.language == "fi"])
    pooled = rate([one for one in found if one.stage == "cat"], "refusal_rate")
    of_one = rate(alone, "refusal_rate")
    assert pooled.n == 150 and pooled.value == of_one.value == 0.2
    width = of_one.high - of_one.low
    assert pooled.high - pooled.low == pytest.approx(width, rel=0.2)
    (change,) = [
        one
        for one in changes([*base, *cat], ["base", "cat"])
        if (one.measure, one.language) == ("refusal_rate", "all")
    ]
    assert (change.gained, change.lost, change.n) == (30, 0, 150)
    assert change.p == pytest.approx(2 * 0.5**6)


def test_where_distinct_requests_are_few_each_counts_once():
    found = measured(in_five_languages("cat", ["refused", *["answered"] * 3]))
    one = rate(found, "refusal_rate")
    assert one.low < 0.01 and one.high > 0.8
