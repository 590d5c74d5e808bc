"""The order of rows is a bijection, keyed, and looks shuffled."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.tokens.permutation import key_of, permuted, permuted_array, place_of

GOLDEN = [4, 5, 0, 7, 1, 6, 2, 3]
KEYS = st.integers(0, 2**64 - 1)


@given(n=st.integers(1, 3000), key=KEYS)
def test_every_position_is_hit_exactly_once(n, key):
    assert sorted(permuted_array(np.arange(n), n, key)) == list(range(n))


@given(n=st.integers(1, 2**62), key=KEYS, data=st.data())
def test_one_position_and_many_agree_and_stay_in_range(n, key, data):
    places = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5))
    one_by_one = [permuted(i, n, key) for i in places]
    assert permuted_array(np.array(places), n, key).tolist() == one_by_one
    assert all(0 <= value < n for value in one_by_one)


def test_every_order_of_three_comes_about_equally_often():
    orders = Counter(
        tuple(permuted_array(np.arange(3), 3, key_of("seed", number))) for number in range(3000)
    )
    assert len(orders) == 6
    assert all(410 < count < 590 for count in orders.values())


def test_the_order_of_a_thousand_rows_is_uncorrelated_with_their_numbers():
    order = permuted_array(np.arange(1000), 1000, key_of(1, "fi", 0))
    assert abs(np.corrcoef(np.arange(1000), order)[0, 1]) < 0.1


def test_the_order_never_changes_between_releases():
    assert permuted_array(np.arange(8), 8, key_of(1, "fi", 0)).tolist() == GOLDEN


def test_keys_tell_lists_apart_that_look_alike():
    assert len({key_of("a", "b"), key_of("ab"), key_of("a,b"), key_of(1), key_of("1")}) == 5


@pytest.mark.parametrize(("i", "n"), [(0, 0), (5, 5), (-1, 3)])
def test_a_position_outside_the_range_is_refused(i, n):
    with pytest.raises(ValueError, match="must lie in range"):
        permuted(i, n, 7)


@given(n=st.integers(1, 2**62), key=KEYS, data=st.data())
def test_the_place_of_a_value_is_where_it_came_from(n, key, data):
    place = data.draw(st.integers(0, n - 1))
    assert place_of(permuted(place, n, key), n, key) == place


def test_a_value_outside_the_range_has_no_place():
    with pytest.raises(ValueError, match="value=5, n=5"):
        place_of(5, 5, 0)
