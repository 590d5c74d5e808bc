"""The machine's peak, that a plan's hours and a step's utilisation are reckoned from."""

from itertools import accumulate, chain, repeat

import pytest

from auroram.model import speed

STEP = 0.02


def test_a_clock_that_slips_once_does_not_make_the_machine_a_hundred_times_as_fast(monkeypatch):
    clock = accumulate(chain([STEP] * 4, [STEP / 100], repeat(STEP)))
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(clock))
    speed._measured.cache_clear()
    try:
        measured = speed.product_speed("float32")
    finally:
        speed._measured.cache_clear()
    assert measured.operations_per_second == pytest.approx(2 * speed.SIZES["cpu"] ** 3 / STEP)
