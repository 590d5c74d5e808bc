"""A mixture may change in the middle of a run: nothing is repeated and nothing is skipped."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.records.mixture import Mixture, Phase
from auroram.tokens.schedule import Schedule

ROWS = {"fi": 11, "vi": 17, "en": 23}
WEIGHTS = st.fixed_dictionaries({domain: st.sampled_from([0.5, 1, 3]) for domain in ROWS})


def stage(weights, samples, positions):
    mixed = Mixture(phases=(Phase(weights=weights),), replay=0.0, highest_epochs=100)
    return Schedule.of(mixed, samples=samples, rows=ROWS, positions=positions, seed=3)


@settings(max_examples=30)
@given(first=WEIGHTS, second=WEIGHTS, stop=st.integers(0, 120))
def test_two_stages_cover_each_row_once_before_any_row_twice(first, second, stop):
    cap = stage(first, 120, None)
    cat = stage(second, 80, cap.positions(stop))
    seen = defaultdict(list)
    for plan, samples in ((cap, stop), (cat, 80)):
        for domain, ordinal in map(plan.at, range(samples)):
            seen[domain].append(plan.row(domain, ordinal))
    for domain, rows in seen.items():
        epochs = [rows[n : n + ROWS[domain]] for n in range(0, len(rows), ROWS[domain])]
        assert all(len(set(epoch)) == len(epoch) for epoch in epochs)
