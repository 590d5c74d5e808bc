"""Learning rates: pure, within their bounds, and two stages that fit together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.train.schedule import Cosine, WarmupStableDecay

shares = st.floats(0, 0.5)
schedules = st.one_of(
    st.builds(
        WarmupStableDecay,
        warmup=shares,
        decay=shares,
        final=shares,
        shape=st.sampled_from(["linear", "one-minus-root"]),
    ),
    st.builds(Cosine, warmup=shares, final=shares),
)


@given(schedules, st.integers(1, 500), st.data())
def test_the_rate_lies_between_nothing_and_the_peak(schedule, steps, data):
    step = data.draw(st.integers(0, steps - 1))
    assert 0 < schedule.at(step, steps) <= schedule.peak


@given(schedules, st.integers(1, 500), st.data())
def test_the_rate_is_a_function_of_the_step_alone(schedule, steps, data):
    step = data.draw(st.integers(0, steps - 1))
    forwards = [schedule.at(i, steps) for i in range(step + 1)]
    assert schedule.at(step, steps) == forwards[-1]


def test_warmup_rises_evenly_and_ends_at_the_peak():
    schedule = WarmupStableDecay(peak=1.0, warmup=0.4)
    assert [schedule.at(i, 10) for i in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_a_decaying_stage_begins_where_a_stable_one_ended():
    cap, cat = WarmupStableDecay(), WarmupStableDecay(warmup=0.0, decay=1.0)
    assert cat.at(0, 50) == cap.at(99, 100)


def test_linear_decay_would_reach_its_final_share_after_the_last_step():
    schedule = WarmupStableDecay(peak=1.0, warmup=0, decay=0.5, final=0.2, shape="linear")
    assert schedule.at(20, 20) == pytest.approx(0.2)
    assert schedule.at(15, 20) == pytest.approx(0.6)


def test_warmup_and_decay_cannot_take_more_than_the_stage():
    with pytest.raises(ValueError, match="more than the whole"):
        WarmupStableDecay(warmup=0.6, decay=0.6)
