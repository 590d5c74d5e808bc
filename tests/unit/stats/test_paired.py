"""The exact McNemar test."""

import pytest

from auroram.stats.paired import mcnemar


def answers(*, both, gained, lost, neither):
    before = [True] * both + [False] * gained + [True] * lost + [False] * neither
    after = [True] * both + [True] * gained + [False] * lost + [False] * neither
    return before, after


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(10, 1, 0.01171875), (1, 10, 0.01171875), (5, 0, 0.0625), (3, 3, 1.0), (0, 0, 1.0)],
)
def test_the_p_value_is_twice_the_binomial_tail_of_the_flips(gained, lost, p):
    flips = mcnemar(*answers(both=4, gained=gained, lost=lost, neither=9))
    assert (flips.gained, flips.lost, flips.p) == (gained, lost, pytest.approx(p))


def test_answers_that_do_not_pair_up_are_refused():
    with pytest.raises(ValueError, match="zip"):
        mcnemar([True], [True, False])
