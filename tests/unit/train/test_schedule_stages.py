"""Schedules of stages that follow one another."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.train.schedule import Cosine, Infinite, WarmupStableDecay, continued


def rates(schedule, steps):
    return [schedule.at(step, steps) for step in range(steps)]


def test_an_infinite_schedule_rises_falls_to_its_constant_and_is_annealed_at_the_end():
    schedule = Infinite(peak=1.0, warmup=0.1, cooldown=0.4, constant=0.5, anneal=0.2, final=0.25)
    made = rates(schedule, 20)
    assert made[:3] == pytest.approx([0.5, 1.0, 1.0])
    assert made[10:16] == pytest.approx([0.5] * 6)
    assert made[19] == pytest.approx(0.25)
    assert made == sorted(made[:2]) + sorted(made[2:], reverse=True)


def test_its_annealing_loses_the_same_share_at_each_step():
    made = rates(Infinite(peak=1.0, warmup=0.0, cooldown=0.0, anneal=1.0, final=0.125), 4)
    ratios = [after / before for before, after in pairwise(made)]
    assert ratios == pytest.approx([ratios[0]] * 3)


shares = st.floats(0, 0.33)


@given(st.builds(Infinite, warmup=shares, cooldown=shares, anneal=shares), st.integers(1, 300))
def test_its_rate_lies_between_nothing_and_the_peak(schedule, steps):
    assert all(0 < rate <= schedule.peak * (1 + 1e-12) for rate in rates(schedule, steps))


def test_an_infinite_stage_goes_on_at_the_constant_of_the_one_before():
    cap = Infinite(peak=2e-4, constant=0.5)
    cat = Infinite(peak="previous", warmup=0, cooldown=0, constant=1, anneal=0.5, final=0.1)
    made = rates(continued(cat, cap.at(99, 100)), 10)
    assert made[:5] == pytest.approx([1e-4] * 5)
    assert made[-1] == pytest.approx(1e-5)


@pytest.mark.parametrize("kind", [WarmupStableDecay, Cosine, Infinite])
def test_a_warm_up_may_rise_from_the_rate_at_which_the_stage_before_ended(kind):
    made = rates(kind(peak=1.0, warmup=0.5, start=0.2), 8)
    assert made[:4] == pytest.approx([0.4, 0.6, 0.8, 1.0])


def test_a_peak_of_its_own_is_kept():
    assert continued(Cosine(peak=1e-3), 5e-5).peak == 1e-3


def test_a_rate_that_goes_on_from_nothing_has_no_number():
    with pytest.raises(ValueError, match="peak is 'previous'"):
        Cosine(peak="previous", warmup=0).at(0, 10)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"warmup": 0.5, "anneal": 0.5}, "more than the whole"),
        ({"anneal": 0.1, "final": 1}, "above"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        Infinite(**changes)
