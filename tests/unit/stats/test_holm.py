"""Holm's adjustment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.stats.holm import holm

p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_the_smallest_of_four_counts_fourfold_the_next_threefold():
    assert holm([0.01, 0.02, 0.005, 0.04]) == pytest.approx([0.03, 0.04, 0.02, 0.04])


@given(p_lists)
def test_it_never_lowers_a_p_value_and_never_beats_bonferroni(values):
    for raw, adjusted in zip(values, holm(values), strict=True):
        assert raw <= adjusted <= min(1.0, len(values) * raw) + 1e-12


@given(p_lists)
def test_it_keeps_the_order_of_the_tests(values):
    by_raw = [adjusted for _, adjusted in sorted(zip(values, holm(values), strict=True))]
    assert by_raw == sorted(by_raw)


def test_ten_true_hypotheses_give_a_false_alarm_one_time_in_twenty():
    drawn = np.random.default_rng(5).random((4_000, 10))
    assert np.mean([min(holm(row)) < 0.05 for row in drawn.tolist()]) == pytest.approx(
        0.05, abs=0.012
    )


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="lie in"):
        holm([0.1, 1.2])
