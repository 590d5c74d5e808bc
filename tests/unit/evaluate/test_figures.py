"""Figures of two models over the same items."""

import math

import pytest

from auroram.evaluate.bits import Bits
from auroram.evaluate.figures import measured


def bits(model, number, nats):
    return Bits(
        model=model,
        split="udhr",
        language="fi",
        document=f"d{number}",
        nats=nats,
        bytes=100 + number,
        tokens=40,
    )


def figures(factor):
    before = [bits("base", i, 70.0 + 3 * i) for i in range(20)]
    after = [bits("cat", i, factor * (70.0 + 3 * i)) for i in reversed(range(20))]
    found = measured([*before, *after], ["base", "cat"], seed=1)
    return {(m.measure, m.stage): m for m in found}


def test_a_change_is_relative_and_pairs_items_by_document():
    one = figures(0.9)["bits_per_byte_change", "cat"]
    assert (one.value, one.low, one.high) == pytest.approx((-0.1, -0.1, -0.1))


def test_the_change_agrees_with_the_levels():
    found = figures(1.2)
    levels = [found["bits_per_byte", model].value for model in ("base", "cat")]
    assert levels[1] / levels[0] - 1 == pytest.approx(found["bits_per_byte_change", "cat"].value)


def test_bits_are_nats_over_the_logarithm_of_two():
    (one, *_) = measured([bits("base", 0, 69.3147)], ["base"], seed=1)
    assert one.value == pytest.approx(69.3147 / math.log(2) / 100)
    assert (one.low, one.high, one.n) == (None, None, 1)
