"""Intervals of shares against published values and by simulation."""

import numpy as np
import pytest

from auroram.stats.intervals import binomial_cdf, clopper_pearson, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),  # Newcombe 1998, Statistics in Medicine 17, table I
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0000, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_the_exact_interval_is_the_published_one(successes, n, low, high):
    interval = clopper_pearson(successes, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_is_the_published_one(successes, n, low, high):
    interval = wilson(successes, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_nothing_seen_in_59_tries_leaves_a_rate_of_5_percent_possible():
    assert clopper_pearson(0, 59, level=0.90).high == pytest.approx(0.0495, abs=5e-4)


def test_the_ends_mirror_when_yes_and_no_are_swapped():
    one, other = clopper_pearson(7, 40), clopper_pearson(33, 40)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))


def test_binomial_tails_hold_for_large_n():
    assert binomial_cdf(5_000, 10_000, 0.5) == pytest.approx(0.5039893, abs=1e-6)


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_the_exact_interval_covers_at_least_95_percent(share):
    seen = np.random.default_rng(1).binomial(60, share, 2_000)
    intervals = {int(k): clopper_pearson(int(k), 60) for k in set(seen.tolist())}
    covered = [intervals[int(k)].low <= share <= intervals[int(k)].high for k in seen]
    assert np.mean(covered) >= 0.945


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ValueError, match="successes must lie between"):
        clopper_pearson(successes, n)
