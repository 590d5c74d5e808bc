"""Power laws over tokens, and what they say of tokens they did not see."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.stats.scaling import extrapolation, power_law


def series(points=12, *, exponent=0.4, factor=0.8, scatter=0.0, seed=0):
    tokens = np.arange(1, points + 1) * 10_000.0
    noise = np.random.default_rng(seed).normal(0, scatter, points) if scatter else 0.0
    return list(
        zip(
            tokens.tolist(),
            (1.2 + factor * (tokens / 1e4) ** -exponent + noise).tolist(),
            strict=True,
        )
    )


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 1.5), st.floats(0.2, 3.0), st.booleans())
def test_a_law_without_scatter_is_found_again(exponent, factor, falls):
    law = power_law(series(exponent=exponent, factor=factor if falls else -factor))
    assert law.exponent == pytest.approx(exponent, rel=1e-3)
    assert law.limit == pytest.approx(1.2, abs=1e-2)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 1_000))
def test_counting_tokens_in_thousands_changes_nothing(unit):
    points = series(scatter=0.01)
    plain, scaled = power_law(points), power_law([(t * unit, s) for t, s in points])
    assert scaled.at(200_000 * unit) == pytest.approx(plain.at(200_000), abs=1e-6)


def test_the_second_half_is_predicted_from_the_first_alone():
    points = series(24, scatter=0.002)
    outcome = extrapolation(points)
    spoilt = extrapolation([(t, s if t <= 120_000 else s + 1) for t, s in points])
    assert (outcome.law.points, outcome.held_out, outcome.holds) == (12, 12, True)
    assert spoilt.law == outcome.law and not spoilt.holds
    assert spoilt.error == pytest.approx(1.0, abs=0.05) and spoilt.inside == 0


def test_a_band_widens_away_from_what_was_seen():
    law = power_law(series(scatter=0.01))
    near, far = law.band(130_000), law.band(1_300_000)
    assert far.high - far.low > near.high - near.low


def test_too_few_points_have_no_law():
    assert power_law(series(4)) is None
    assert extrapolation(series(9)) is None  # four of them in the first half
    assert extrapolation([]) is None


def test_the_base_is_not_a_point_of_the_law():
    with pytest.raises(ValueError, match="leave the base out"):
        power_law([(0.0, 2.0), *series()])


def test_a_flat_line_is_no_error():
    law = power_law([(tokens, 1.0) for tokens, _ in series()])
    assert law.at(1e6) == pytest.approx(1.0)


def test_what_cannot_be_below_zero_has_no_limit_there():
    falling = [(1000.0 * n, 2.5 - 0.02 * n) for n in range(1, 13)]
    assert power_law(falling).limit == 0
    rising_from_below = [(tokens, -score) for tokens, score in falling]
    assert power_law(rising_from_below).limit > 0
