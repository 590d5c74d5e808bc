"""Mixing by exact quotas."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.tokens.interleaving import counts, interleaving, place

QUOTAS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 200), min_size=1).filter(
    lambda quotas: any(quotas.values())
)


@given(quotas=QUOTAS)
def test_every_kind_gets_its_quota_and_counts_its_own_samples_up(quotas):
    tree, total = interleaving(quotas), sum(quotas.values())
    places = [place(tree, n) for n in range(total)]
    assert len(set(places)) == total
    assert Counter(kind for kind, _ in places) == Counter(quotas)


@given(quotas=QUOTAS, data=st.data())
def test_counting_agrees_with_walking(quotas, data):
    tree, total = interleaving(quotas), sum(quotas.values())
    n = data.draw(st.integers(0, total))
    walked = Counter(place(tree, i)[0] for i in range(n))
    assert Counter(counts(tree, n)) == walked


@given(quotas=QUOTAS)
def test_no_kind_is_ever_two_samples_off_its_proportion(quotas):
    tree, total = interleaving(quotas), sum(quotas.values())
    for n in range(total + 1):
        assert all(abs(c - n * quotas[kind] / total) < 2 for kind, c in counts(tree, n).items())


@pytest.mark.parametrize(
    "quotas",
    [
        {"fi": 250, "hi": 250, "ja": 250, "vi": 250},
        {"en": 150, "code": 100, "fi": 188, "hi": 188, "ja": 187, "vi": 187},
        {"en": 900, "fi": 99, "vi": 1},
        {"a": 1, "b": 1, "c": 1},
    ],
)
def test_the_mixtures_in_use_stay_within_one_sample_at_any_moment(quotas):
    tree, total = interleaving(quotas), sum(quotas.values())
    for n in range(total + 1):
        assert all(abs(c - n * quotas[kind] / total) <= 1 for kind, c in counts(tree, n).items())


def test_a_mix_of_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to interleave"):
        interleaving({"a": 0})
