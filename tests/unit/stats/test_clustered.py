"""Means, differences and rates of items that come in clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.stats.clustered import (
    mean_estimate,
    paired_answers,
    paired_estimate,
    rate_interval,
)
from auroram.stats.intervals import wilson

scores = st.lists(st.floats(-5, 5), min_size=10, max_size=40)


def test_lone_items_have_the_standard_error_of_the_textbook():
    drawn = np.random.default_rng(0).normal(1, 2, 50)
    estimate = mean_estimate(drawn.tolist())
    assert estimate.error == pytest.approx(drawn.std(ddof=1) / 50**0.5)
    assert (estimate.value, estimate.degrees) == (pytest.approx(drawn.mean()), 49)


@given(scores)
def test_copies_of_an_item_in_its_cluster_add_no_certainty(values):
    once = mean_estimate(values)
    five = mean_estimate(
        [one for one in values for _ in range(5)], clusters=sorted([*range(len(values))] * 5)
    )
    assert (five.value, five.error) == (
        pytest.approx(once.value, abs=1e-9),
        pytest.approx(once.error, abs=1e-9),
    )


@given(scores, st.floats(0.1, 10), st.floats(-3, 3))
def test_an_estimate_moves_and_stretches_with_its_scores(values, factor, shift):
    plain = mean_estimate(values)
    moved = mean_estimate([factor * one + shift for one in values])
    assert moved.value == pytest.approx(factor * plain.value + shift, abs=1e-6)
    assert moved.error == pytest.approx(factor * plain.error, abs=1e-6)


@given(st.permutations(range(12)))
def test_the_order_of_items_does_not_matter(order):
    values, of = [float(i * i % 7) for i in range(12)], [i // 1 for i in range(12)]
    shuffled = mean_estimate([values[i] for i in order], clusters=[of[i] for i in order])
    assert shuffled.error == pytest.approx(mean_estimate(values, clusters=of).error)


def test_weights_make_a_ratio_of_sums():
    values, weights = [1.0, 3.0] * 6, [3.0, 1.0] * 6
    assert mean_estimate(values, weights=weights).value == pytest.approx(1.5)


def test_clusters_of_one_size_have_the_textbooks_degrees_of_freedom():
    of = [index // 3 for index in range(60)]
    drawn = np.random.default_rng(2).normal(0, 1, 60)
    means = drawn.reshape(20, 3).mean(1)
    estimate = mean_estimate(drawn.tolist(), clusters=of)
    assert estimate.degrees == 19
    assert estimate.error == pytest.approx(means.std(ddof=1) / 20**0.5)


def test_a_few_heavy_clusters_leave_few_degrees_of_freedom():
    drawn = np.random.default_rng(3).normal(0, 1, 20)
    weights = [100.0] * 3 + [1.0] * 17
    assert mean_estimate(drawn.tolist(), weights=weights).degrees <= 4
    assert mean_estimate(drawn.tolist()).degrees == 19


@given(st.lists(st.floats(0.1, 50), min_size=10, max_size=30))
def test_error_and_degrees_are_those_of_the_matrices_they_come_from(weights):
    """Bell and McCaffrey's CR2 and degrees of freedom, written as they define them."""
    scores = np.random.default_rng(4).normal(0, 1, len(weights))
    share = np.array(weights) / sum(weights)
    residual = np.eye(len(share)) - share
    form = residual.T @ np.diag(share**2 / (1 - share)) @ residual
    estimate = mean_estimate(scores.tolist(), weights=weights)
    assert estimate.error == pytest.approx((scores @ form @ scores) ** 0.5, rel=1e-6)
    exact = []
    for variances in (np.ones_like(share), 1 / share):
        spread = form @ np.diag(variances)
        exact.append(np.trace(spread) ** 2 / np.trace(spread @ spread))
    between = 2 / (1 / exact[0] + 1 / exact[1])
    assert estimate.degrees <= between + 1e-5 < estimate.degrees + 1 + 1e-4


def test_a_pair_cancels_what_is_hard_for_both():
    before = np.random.default_rng(1).normal(2, 1, 40)
    paired = paired_estimate((before - 0.1).tolist(), before.tolist())
    assert (paired.value, paired.error) == (pytest.approx(-0.1), pytest.approx(0, abs=1e-9))
    assert mean_estimate(before.tolist()).error > 0.1


def test_no_flips_in_few_items_are_not_certainty():
    same = [True, False] * 10
    interval = paired_answers(same, same).interval()
    assert interval.low == pytest.approx(-interval.high) and interval.high > 0.1


def test_paired_answers_have_the_published_interval():
    # Bonett and Price 2012: one added to 21 gained, one to 9 lost, two to 100 pairs.
    after = [True] * 21 + [False] * 79
    before = [False] * 21 + [True] * 9 + [False] * 70
    estimate, n, middle = paired_answers(after, before), 102, 12 / 102
    assert estimate.value == pytest.approx(0.12)
    assert estimate.middle == pytest.approx(middle)
    assert estimate.error == pytest.approx(((32 / n - middle**2) / n) ** 0.5, rel=0.01)


def test_a_p_value_below_five_percent_is_an_interval_without_zero():
    for seed in range(40):
        estimate = mean_estimate(np.random.default_rng(seed).normal(0.3, 1, 30).tolist())
        interval = estimate.interval()
        assert (estimate.p() < 0.05) == (not interval.low <= 0 <= interval.high)


def test_lone_answers_have_wilsons_interval():
    answers = [True] * 30 + [False] * 70
    interval, plain = rate_interval(answers), wilson(30, 100)
    assert (interval.low, interval.high) == (
        pytest.approx(plain.low, abs=2e-3),
        pytest.approx(plain.high, abs=2e-3),
    )


def test_five_equal_replies_to_a_prompt_are_one_answer():
    answers = [index < 6 for index in range(20) for _ in range(5)]
    of = [index for index in range(20) for _ in range(5)]
    clustered, alone = rate_interval(answers, of), wilson(30, 100)
    assert clustered.high - clustered.low > 1.9 * (alone.high - alone.low)


def test_a_few_yes_in_prompts_of_their_own_are_no_proof_that_replies_are_unlike():
    of = [index // 5 for index in range(200)]
    answers = [index in {0, 50, 100} for index in range(200)]
    clustered, alone = rate_interval(answers, of), wilson(3, 200)
    assert clustered.high > 1.5 * alone.high


def test_replies_that_all_agree_leave_room_by_the_number_of_prompts():
    interval = rate_interval([False] * 100, [index // 5 for index in range(100)])
    assert (interval.low, interval.high) == (0.0, pytest.approx(0.1684, abs=1e-3))


def test_few_clusters_have_no_estimate():
    assert mean_estimate([1.0] * 30, clusters=[index // 5 for index in range(30)]) is None
    assert rate_interval([True] * 9) is None
    assert paired_answers([True] * 9, [False] * 9) is None


def test_lists_that_do_not_pair_up_are_refused():
    with pytest.raises(ValueError, match="alike in number"):
        mean_estimate([1.0] * 12, weights=[1.0])
    with pytest.raises(ValueError, match="zip"):
        paired_estimate([1.0] * 12, [1.0])
