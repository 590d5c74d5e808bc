"""What a reviewer may say."""

import pytest

from auroram.review.word import LONGEST_TEXT, Word
from review_desk import draft


@pytest.mark.parametrize(
    ("task", "word", "part"),
    [
        ("review", Word(verdict="edit"), "empty"),
        ("review", Word(verdict="edit", answer=draft().answer), "not changed"),
        ("review", Word(verdict="accept", answer="other"), "save it as edited"),
        ("review", Word(verdict="edit", answer="x" * (LONGEST_TEXT + 1)), "longer than 20,000"),
        ("review", Word(verdict="accept", scores={"culture": 5}), "0 to 4"),
        ("review", Word(verdict="accept", scores={"taste": 1}), "0 to 4"),
        ("review", Word(verdict="undo"), "button of its own"),
        ("adjudicate", Word(verdict="escalate"), "cannot be escalated"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(task, word, part):
    assert part in word.fault(draft(), task)


@pytest.mark.parametrize("verdict", ["accept", "reject", "escalate"])
def test_a_bare_verdict_is_enough(verdict):
    assert Word(verdict=verdict).fault(draft(), "review") == ""
