"""Sharing whole samples by weight."""

from hypothesis import given
from hypothesis import strategies as st

from auroram.tokens.quotas import filled, largest_remainder

WEIGHTS = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 10), min_size=1)


@given(samples=st.integers(0, 10_000), weights=WEIGHTS)
def test_quotas_add_up_and_lie_within_one_sample_of_the_weights(samples, weights):
    quotas = largest_remainder(samples, weights)
    total = sum(weights.values())
    assert sum(quotas.values()) == samples
    assert all(abs(q - samples * weights[d] / total) < 1.000001 for d, q in quotas.items())


def test_what_a_full_domain_cannot_take_flows_to_the_others_by_weight():
    quotas = filled(100, {"a": 5, "b": 3, "c": 2}, {"a": 10, "b": 100, "c": 100})
    assert quotas == {"a": 10, "b": 54, "c": 36}


def test_a_domain_that_overflows_because_of_another_is_capped_too():
    quotas = filled(100, {"a": 50, "b": 30, "c": 20}, {"a": 0, "b": 55, "c": 100})
    assert quotas == {"a": 0, "b": 55, "c": 45}


@given(samples=st.integers(0, 500), weights=WEIGHTS, data=st.data())
def test_room_is_never_exceeded_and_only_full_room_leaves_samples_over(samples, weights, data):
    room = {domain: data.draw(st.integers(0, 200)) for domain in weights}
    quotas = filled(samples, weights, room)
    assert all(quotas.get(domain, 0) <= room[domain] for domain in room)
    assert sum(quotas.values()) == min(samples, sum(room.values()))
