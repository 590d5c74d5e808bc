"""Agreement between raters, against published examples."""

import numpy as np
import pytest

from auroram.stats.agreement import agreement, gwet_ac1, krippendorff_alpha, observed_share

# Four observers, twelve units: Krippendorff 2011, section C; also Gwet's `cac.raw4raters`.
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
UNITS = [[one for one in unit if one != "."] for unit in zip(*OBSERVERS, strict=True)]
COUNTS = np.array([[unit.count(name) for name in "12345"] for unit in UNITS], float)
ONCE = np.ones((1, len(UNITS)))


def test_alpha_is_that_of_krippendorffs_own_example():
    assert krippendorff_alpha(ONCE, COUNTS)[0] == pytest.approx(0.743, abs=5e-4)


def test_ac1_is_that_of_gwets_own_example():
    assert gwet_ac1(ONCE, COUNTS)[0] == pytest.approx(0.77544, abs=5e-6)
    assert observed_share(ONCE, COUNTS)[0] == pytest.approx(0.8181818, abs=5e-8)


def test_ac1_holds_where_one_category_is_rare_and_alpha_does_not():
    """Gwet 2002: 118 times yes and yes, 5 and 2 times one of each; AC1 0.9408, kappa -0.023."""
    ratings = [["y", "y"]] * 118 + [["y", "n"]] * 7
    found = agreement(ratings, ("y", "n"), seed=1)
    assert found.ac1 == pytest.approx(0.9408, abs=5e-5)
    assert found.alpha == pytest.approx(-0.025, abs=5e-3)


def test_the_interval_lies_around_the_value_and_hangs_on_the_seed_alone():
    ratings = [["a", "a"]] * 30 + [["b", "b"]] * 20 + [["a", "b"]] * 10
    found = agreement(ratings, ("a", "b", "c"), seed=3)
    assert found.alpha_interval.low < found.alpha < found.alpha_interval.high
    assert found.ac1_interval.low < found.ac1 < found.ac1_interval.high
    assert found == agreement(ratings, ("a", "b", "c"), seed=3)


def test_few_items_have_no_interval_and_none_have_no_value():
    assert agreement([["a", "b"]] * 9, ("a", "b"), seed=1).alpha_interval is None
    assert agreement([["a"]], ("a", "b"), seed=1).alpha is None


def test_one_category_alone_leaves_alpha_open():
    found = agreement([["a", "a"]] * 12, ("a", "b"), seed=1)
    assert (found.alpha, found.ac1, found.observed) == (None, 1.0, 1.0)
