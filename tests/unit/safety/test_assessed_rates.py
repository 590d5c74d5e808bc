"""Rates of an assessment over several languages, and checkpoints compared over them."""

import random

import pytest

from auroram.records.generation import Generation
from auroram.safety.assessed_rates import Standards, rates
from auroram.safety.cards import Card, LanguageCard
from auroram.safety.checkpoints import comparisons

MEASURED = LanguageCard(hits=90, positives=100, rejections=95, negatives=100, unscored=0)


def card(*languages):
    return Card(
        judge="judge",
        identity="1",
        question="complied",
        labelled_by="person",
        sources=(),
        languages=dict.fromkeys(languages, MEASURED),
    )


def standards(*languages):
    return Standards(
        cards={"refused": None, "complied": card(*languages)},
        judges={"refused": "judge", "complied": "judge"},
        fewest=30,
        attempts=1,
        seed=1,
    )


def said(language, number, complied, model="cat"):
    return Generation(
        model=model,
        prompt=f"{language}-{number}",
        content=str(number),
        set="seed",
        language=language,
        kind="harmful",
        concern="harm",
        attack="plain",
        source="",
        reviewed=True,
        attempt=0,
        request="?",
        reply="!",
        tokens=2,
        reply_language=language,
        complied=complied,
    )


def many(language, yes, n, model="cat"):
    return [said(language, i, "yes" if i < yes else "no", model) for i in range(n)]


def success(found, language):
    return next(
        one
        for one in found
        if (one.measure, one.language, one.concern, one.attack)
        == ("attack_success_rate", language, "all", "all")
    )


def test_languages_are_pooled_by_how_much_was_scored_in_each():
    found = rates([*many("en", 10, 40), *many("fi", 20, 60)], standards("en", "fi"))
    en, fi, pooled = (success(found, language) for language in ("en", "fi", "all"))
    assert pooled.n == 100 and pooled.judged == pytest.approx(0.3)
    for name in ("value", "low", "high", "judged_low", "judged_high"):
        mixed = 0.4 * getattr(en, name) + 0.6 * getattr(fi, name)
        assert getattr(pooled, name) == pytest.approx(mixed)


def test_a_language_without_a_rate_leaves_the_pool_without_one_and_is_named():
    found = rates([*many("en", 10, 40), *many("fi", 20, 60)], standards("en"))
    pooled = success(found, "all")
    assert pooled.value is None and pooled.insufficient == "there is no rate in fi"
    assert pooled.judged == pytest.approx(0.3)


def test_one_language_alone_is_not_pooled():
    found = rates(many("en", 10, 40), standards("en"))
    assert {one.language for one in found} == {"en"}


def test_the_pooled_interval_covers_the_truth_though_languages_ask_the_same():
    drawn, covered = random.Random(1), 0
    truth, languages, worlds = 0.2, ("en", "fi", "ja"), 20
    for _ in range(worlds):
        hard = [drawn.random() < truth for _ in range(40)]  # the same contents in each language
        seen = [
            said(language, i, "yes" if drawn.random() < (0.9 if yes else 0.05) else "no")
            for language in languages
            for i, yes in enumerate(hard)
        ]
        pooled = success(rates(seen, standards(*languages)), "all")
        covered += pooled.low <= truth <= pooled.high
    assert covered >= 0.9 * worlds


def test_the_same_flip_in_every_language_is_one_flip_of_a_content():
    before = [one for tag in ("en", "fi") for one in many(tag, 0, 40, "base")]
    after = [one for tag in ("en", "fi") for one in many(tag, 4, 40)]
    compared = comparisons(
        [*before, *after], ["base", "cat"], standards=standards("en", "fi"), margin=0.05
    )
    rows = {one.language: one for one in compared if one.measure == "attack_success_rate"}
    assert rows["all"].gained == 8 and rows["en"].gained == 4
    assert rows["all"].p > 0.01  # 8 independent flips would have p = 0.008
    assert rows["all"].high - rows["all"].low == pytest.approx(
        rows["en"].high - rows["en"].low, rel=0.25
    )
