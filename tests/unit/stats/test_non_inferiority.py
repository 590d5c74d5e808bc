"""The test behind "did not forget", and the effect that it could have seen."""

import pytest

from auroram.stats.clustered import Estimate
from auroram.stats.non_inferiority import non_inferiority
from auroram.stats.power import detectable_effect, items_needed


def loss(value, error, clusters=100):
    return Estimate(
        value=value,
        middle=value,
        error=error,
        degrees=clusters - 1,
        clusters=clusters,
        items=clusters,
    )


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (0.002, 0.003, "non-inferior"),
        (-0.02, 0.01, "non-inferior"),
        (0.005, 0.02, "inconclusive"),
        (0.0, 0.02, "inconclusive"),  # no loss seen at all, but too few items to tell
        (0.03, 0.005, "inferior"),
        (0.012, 0.005, "inconclusive"),
    ],
)
def test_the_whole_interval_must_lie_below_the_margin(value, error, verdict):
    assert non_inferiority(loss(value, error), 0.01).verdict == verdict


def test_the_p_value_agrees_with_the_verdict():
    for value in (-0.02, 0.0, 0.004, 0.02):
        outcome = non_inferiority(loss(value, 0.003), 0.01)
        assert (outcome.p < 0.025) == (outcome.verdict == "non-inferior")


def test_an_undecided_test_says_what_it_could_have_seen():
    assert non_inferiority(loss(0.0, 0.02), 0.01).detectable == pytest.approx(0.056, abs=1e-3)


def test_a_margin_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        non_inferiority(loss(0.0, 0.01), 0.0)


def test_a_thousand_items_show_three_points():
    # Miller 2024, arXiv:2411.00640: about 1,000 items for three points at 80 %.
    assert 900 < items_needed(0.03, 0.34) < 1_100
    assert detectable_effect(0.34 / 1_009**0.5) == pytest.approx(0.03, abs=1e-4)


def test_no_effect_needs_no_number_of_items():
    with pytest.raises(ValueError, match="effect of 0"):
        items_needed(0.0, 1.0)
