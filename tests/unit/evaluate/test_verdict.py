"""When "did not forget" may be said, and what is said otherwise."""

import numpy as np
import pytest

from auroram.evaluate.probes.curves import cells, fits, points
from auroram.evaluate.probes.verdict import verdict_on
from auroram.records.scored_item import ScoredItem


def reading(model, tokens, factor, *, language="en", split="udhr", documents=40, scatter=0.002):
    noise = np.random.default_rng(documents).normal(0, scatter, documents)
    levels = np.random.default_rng(1).normal(1.5, 0.3, documents)
    return [
        ScoredItem(
            run=model, model=model, tokens_seen=tokens, task="reading", language=language,
            split=split, item=f"{language}{split}{index}", cluster=f"d{index}",
            measure="bits_per_byte", score=levels[index] * (factor + noise[index] * (tokens > 0)),
            weight=100 + index,
        )
        for index in range(documents)
    ]  # fmt: skip


def verdict(*parts, margin=0.01):
    items = [one for part in parts for one in part]
    return verdict_on("cap", "base", cells(items), upstream=("en", "code"), margin=margin)


def test_a_loss_surely_below_the_margin_is_the_one_case_that_says_so():
    one = verdict(reading("base", 0, 1.0), reading("cap", 100, 1.002))
    assert one.verdict == "non-inferior"
    assert one.sentence.startswith("cap did not forget en: its bits per byte are non-inferior")
    assert "within 1.0 %" in one.sentence


@pytest.mark.parametrize(
    ("factor", "scatter", "documents", "kind"),
    [(1.0, 0.2, 20, "inconclusive"), (1.05, 0.002, 40, "inferior"), (1.0, 0.0, 9, "inconclusive")],
)
def test_anything_else_does_not_say_so(factor, scatter, documents, kind):
    one = verdict(
        reading("base", 0, 1.0, documents=documents),
        reading("cap", 100, factor, documents=documents, scatter=scatter),
    )
    assert one.verdict == kind
    assert "did not forget" not in one.sentence


def test_one_bad_language_is_enough():
    good = reading("base", 0, 1.0), reading("cap", 100, 1.0)
    bad = reading("base", 0, 1.0, language="code"), reading("cap", 100, 1.1, language="code")
    one = verdict(*good, *bad)
    assert (one.verdict, len(one.tested)) == ("inferior", 2)
    assert "code on udhr +10.0 %" in one.sentence


def test_languages_that_were_learnt_are_not_asked_about():
    assert (
        verdict(reading("base", 0, 1.0, language="fi"), reading("cap", 9, 0.9, language="fi"))
        is None
    )


def series(checkpoints):
    parts = [reading("base", 0, 1.0, language="fi")]
    for step in range(1, checkpoints + 1):
        factor = 0.6 + 0.35 * step**-0.5
        parts.append(reading(f"cap@{step}", step * 1000, factor, language="fi", scatter=0.001))
    return list(points(cells([one for part in parts for one in part])))


def test_a_series_has_a_point_for_each_model_and_a_law_that_holds():
    curve = series(12)
    (fit,) = fits(curve)
    assert len(curve) == 13 and curve[0].change is None and curve[-1].change < -0.2
    assert (fit.fitted, fit.held_out, fit.reason, fit.holds) == (6, 6, "", True)
    assert fit.exponent == pytest.approx(0.5, abs=0.25)


def test_too_few_checkpoints_have_no_law_but_a_reason():
    (fit,) = fits(series(8))
    assert fit.reason == "4 checkpoints in the first half of the tokens; a law needs 5"
    assert (fit.limit, fit.band) == (None, ())
