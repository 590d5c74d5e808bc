"""Which candidates become exchanges."""

import random

from auroram.instruct.candidate import Candidate
from auroram.instruct.choice import Choice


def candidate(number, **others):
    fields = {
        "group": "manual fi",
        "page": f"page-{number}",
        "request": f"request {number}",
        "answer": f"an answer {number}",
        "language": "fi",
        "source": "help",
        "licence": "MPL-2.0",
    }
    return Candidate(**(fields | others))


def choice(**others):
    limits = {"request_bytes": 50, "answer_bytes": 40, "shortest_bytes": 5}
    fields = {"caps": {"manual": 3}, "unseen": {"secret"}, "key": 1} | limits
    return Choice(**(fields | others))


def kept(candidates, **others):
    chosen = choice(**others)
    chosen.take(candidates)
    return list(chosen.kept()), {key[-1]: n for key, n in chosen.dropped.items()}


def test_the_choice_does_not_depend_on_the_order():
    candidates = [candidate(number) for number in range(20)]
    shuffled = random.Random(1).sample(candidates, 20)
    assert kept(candidates) == kept(shuffled)
    assert len(kept(candidates)[0]) == 3


def test_what_is_added_elsewhere_changes_no_other_group():
    few, more = (
        [candidate(n) for n in range(9)],
        [candidate(n, group="manual vi") for n in range(9)],
    )
    assert [c for c in kept(few + more)[0] if c.group == "manual fi"] == kept(few)[0]


def test_another_key_chooses_others():
    candidates = [candidate(number) for number in range(20)]
    assert kept(candidates)[0] != kept(candidates, key=2)[0]


def test_every_candidate_is_kept_or_counted_with_a_reason():
    faulty = [
        candidate(1, page="secret"),
        candidate(2, answer=""),
        candidate(3, answer="no"),
        candidate(4, answer="x" * 41),
        candidate(5, request="あ" * 17),
        *(candidate(6) for _ in range(2)),
        *(candidate(number) for number in range(7, 11)),
    ]
    chosen, dropped = kept(faulty)
    assert len(chosen) + sum(dropped.values()) == len(faulty)
    assert dropped == {
        "page is held out": 1,
        "no answer": 1,
        "answer too short": 1,
        "answer too long": 1,
        "request too long": 1,
        "copy": 1,
        "over the cap": 2,
    }
