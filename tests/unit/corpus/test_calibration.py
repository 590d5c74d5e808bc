"""Bounds from a reference refuse no more of it than they were told to."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.corpus.calibration import SIZES, calibrated, measured_figures, refused_share, rounded
from auroram.corpus.published import only
from auroram.corpus.quality import Quality, rules_of
from auroram.errors import DataError
from auroram.text.signals import SIGNALS

EVERY = [rule.name for rule in rules_of(Quality()) if rule.signal in SIGNALS]
SENTENCE = "The committee met on day {} and agreed that {} libraries should stay open late."


def reference(documents, seed=0):
    rng = np.random.default_rng(seed)
    figures = rng.lognormal(0.0, 1.0, (documents, len(SIGNALS))).astype(np.float32)
    figures[:, [SIGNALS.index(name) for name in SIZES]] *= 1000
    figures[:, SIGNALS.index("characters")] += 100
    return figures


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_all_rules_together_refuse_no_more_of_each_reference_than_the_share(share):
    kinds = [reference(500, seed) * scale for seed, scale in ((0, 1), (1, 3))]
    bounds = calibrated(kinds, share, Quality(), also=EVERY)
    assert all(refused_share(figures, bounds, EVERY) <= share for figures in kinds)


def test_one_rule_is_as_tight_as_the_share_allows():
    figures = reference(1000)
    bounds = calibrated([figures], 0.05, only(lowest_letter_share=0.5))
    letters = figures[:, SIGNALS.index("letter_share")]
    assert (letters < bounds.lowest_letter_share * 1.01).mean() >= 0.05


def test_of_several_kinds_the_one_that_asks_for_the_loosest_decides():
    kinds = [reference(200), reference(200, seed=1) * 2]
    one, other = (calibrated([figures], 0.05, Quality()) for figures in kinds)
    both = calibrated(kinds, 0.05, Quality())
    assert both.highest_mean_unit == max(one.highest_mean_unit, other.highest_mean_unit)
    assert both.lowest_mean_line == min(one.lowest_mean_line, other.lowest_mean_line)


def test_lengths_stay_as_they_were_unless_named():
    base = Quality(lowest_characters=77)
    assert calibrated([reference(200)], 0.05, base).lowest_characters == 77
    named = calibrated([reference(200)], 0.05, base, also=["low-characters"])
    assert named.lowest_characters != 77


def test_rules_that_are_off_stay_off_unless_named():
    base = Quality(highest_symbol_share=1.0, lowest_letter_share=0.0)
    bounds = calibrated([reference(200)], 0.05, base, also=["low-letter-share"])
    assert bounds.highest_symbol_share == 1.0 and bounds.lowest_letter_share > 0


def test_a_rule_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(DataError, match="'low-letters': no such rule; known are low-characters"):
        calibrated([reference(200)], 0.05, Quality(), also=["low-letters"])


@pytest.mark.parametrize(("documents", "share"), [(0, 0.01), (99, 0.01), (100, 0.0), (100, 0.5)])
def test_a_share_of_less_than_one_document_is_refused(documents, share):
    with pytest.raises(DataError, match="trusted documents"):
        calibrated([reference(documents)], share, Quality())


@given(st.floats(1e-6, 1e6))
def test_rounding_never_crosses_the_figure(value):
    assert rounded(value, up=False) <= value * (1 + 1e-12)
    assert rounded(value, up=True) >= value * (1 - 1e-12)
    assert rounded(value, up=True) == pytest.approx(value, rel=1e-3)


def test_measured_texts_keep_the_bounds_that_were_found_in_them():
    texts = [SENTENCE.format(i, i * 7) for i in range(60)]
    figures = measured_figures(texts, domain="en")
    assert figures.shape == (60, len(SIGNALS))
    bounds = calibrated([figures], 0.05, Quality(lowest_characters=10))
    assert refused_share(figures, bounds) <= 0.05 * len(fields(Quality))
