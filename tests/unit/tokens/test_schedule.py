"""The mixture as arithmetic."""

from collections import Counter

import pytest

from auroram.records.mixture import Mixture, Phase
from auroram.tokens.schedule import Schedule


def mixture(weights, **others):
    return Mixture(phases=(Phase(weights=weights),), **({"replay": 0.0} | others))


def schedule(mixed, **others):
    rows = {"fi": 40, "vi": 40, "en": 40, "code": 40}
    return Schedule.of(mixed, **({"samples": 60, "rows": rows, "seed": 1} | others))


def test_a_sample_is_the_same_whoever_asks_and_in_whatever_order():
    plan = schedule(mixture({"fi": 2, "vi": 1}))
    forwards = [plan.at(i) for i in range(60)]
    again = schedule(mixture({"fi": 2, "vi": 1}))
    assert [again.at(i) for i in reversed(range(60))] == forwards[::-1]


def test_replay_comes_off_the_top_and_the_phase_shares_the_rest():
    mixed = mixture({"fi": 2, "vi": 1}, replay=0.25, replay_weights={"en": 2, "code": 1})
    assert schedule(mixed).consumed(60) == {"fi": 30, "vi": 15, "en": 10, "code": 5}


def test_without_replay_its_weights_ask_for_no_domain():
    mixed = mixture({"fi": 1}, replay=0.0, replay_weights={"en": 1})
    assert schedule(mixed, rows={"fi": 40}).consumed(60) == {"fi": 60}


def test_phases_hold_from_their_share_of_the_samples_on():
    mixed = Mixture(
        phases=(Phase(weights={"fi": 1}), Phase(start=0.5, weights={"vi": 1})), replay=0.0
    )
    plan = schedule(mixed)
    assert {plan.at(i)[0] for i in range(30)} == {"fi"}
    assert {plan.at(i)[0] for i in range(30, 60)} == {"vi"}


def test_a_second_phase_goes_on_where_the_first_stood():
    mixed = Mixture(
        phases=(Phase(weights={"fi": 1}), Phase(start=0.5, weights={"fi": 1, "vi": 1})), replay=0.0
    )
    ordinals = [n for domain, n in map(schedule(mixed).at, range(60)) if domain == "fi"]
    assert ordinals == list(range(45))


def test_no_row_comes_twice_before_every_row_came_once():
    plan = schedule(mixture({"fi": 1}), samples=80)
    rows = [plan.row(*plan.at(i)) for i in range(80)]
    assert sorted(rows[:40]) == sorted(rows[40:]) == list(range(40))
    assert rows[:40] != rows[40:]


def test_another_seed_gives_another_order_of_the_same_rows():
    one, other = (schedule(mixture({"fi": 1}), samples=40, seed=seed) for seed in (1, 2))
    orders = [[plan.row(*plan.at(i)) for i in range(40)] for plan in (one, other)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


@pytest.mark.parametrize("i", [0, 1, 17, 60])
def test_counting_agrees_with_listing(i):
    plan = schedule(mixture({"fi": 2, "vi": 1}, replay=0.2, replay_weights={"en": 1}))
    listed = Counter(plan.at(n)[0] for n in range(i))
    assert Counter(plan.consumed(i)) == listed


def test_a_domain_stops_at_its_epochs_and_the_others_take_its_weight():
    plan = schedule(mixture({"fi": 1, "vi": 1}, domain_epochs={"fi": 0.5}))
    assert plan.consumed(60)["fi"] == 20
    assert plan.consumed(60)["vi"] == 40
    assert plan.notices[0].startswith(
        "fi: 20 of 30 samples, because at most 0.5 passes over its 40"
    )


def test_weight_stays_in_its_group_while_the_group_has_rows():
    mixed = mixture(
        {"fi": 1, "vi": 1}, replay=0.5, replay_weights={"en": 1}, domain_epochs={"fi": 0.25}
    )
    assert schedule(mixed).consumed(60) == {"fi": 10, "vi": 20, "en": 30, "code": 0}


def test_replay_takes_over_where_the_phase_has_no_rows_left():
    mixed = mixture({"fi": 1}, replay=0.5, replay_weights={"en": 1}, domain_epochs={"fi": 0.25})
    assert schedule(mixed).consumed(60) == {"fi": 10, "vi": 0, "en": 50, "code": 0}


def test_passes_are_counted_over_the_stages():
    once = mixture({"fi": 1, "vi": 1}, highest_epochs=1.0)
    plan = schedule(once, samples=50, positions={"fi": 30})
    assert plan.positions(50) == {"fi": 40, "vi": 40, "en": 0, "code": 0}


def test_using_up_every_domain_says_what_to_raise():
    with pytest.raises(ValueError, match=r"fi 40 rows x 1.*raise highest_epochs"):
        schedule(mixture({"fi": 1}, highest_epochs=1.0))


def test_a_domain_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(
        ValueError, match=r"names sv, which the tokens do not hold.*code, en, fi, vi"
    ):
        schedule(mixture({"sv": 1}))


def test_a_sample_past_the_end_is_refused():
    with pytest.raises(IndexError, match="sample 60 lies outside the 60"):
        schedule(mixture({"fi": 1})).at(60)
