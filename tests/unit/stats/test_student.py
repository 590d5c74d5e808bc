"""Student's t against published quantiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.stats.student import t_quantile, t_within, two_sided_p


@pytest.mark.parametrize(
    ("degrees", "level", "quantile"),
    [  # Abramowitz and Stegun 1964, table 26.10
        (1, 0.95, 12.706),
        (2, 0.95, 4.303),
        (5, 0.99, 4.032),
        (10, 0.95, 2.228),
        (30, 0.90, 1.697),
        (120, 0.95, 1.980),
    ],
)
def test_the_quantile_is_the_published_one(degrees, level, quantile):
    assert t_quantile(degrees, level) == pytest.approx(quantile, abs=6e-4)


@given(st.integers(1, 3_000), st.floats(0.01, 0.999))
def test_quantile_and_probability_undo_one_another(degrees, level):
    assert t_within(t_quantile(degrees, level), degrees) == pytest.approx(level, abs=1e-9)


def test_many_degrees_are_a_normal_distribution():
    assert two_sided_p(1.959964, 1_000_000) == pytest.approx(0.05, abs=1e-6)
    assert t_quantile(9_999) == pytest.approx(t_quantile(10_001), abs=1e-3)


def test_no_degrees_of_freedom_are_refused():
    with pytest.raises(ValueError, match="at least one degree"):
        t_within(1.0, 0)
