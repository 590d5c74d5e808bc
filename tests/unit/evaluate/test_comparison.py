"""Two models on the same items."""

import pytest

from auroram.evaluate.comparison import compared
from auroram.records.scored_item import ScoredItem


def answers(right, *, model, task="quiz", clusters=None, measure="accuracy"):
    return [
        ScoredItem(
            run=model, model=model, tokens_seen=0, task=task, language="fi", split="test",
            item=f"i{index}", cluster=clusters[index] if clusters else f"i{index}",
            measure=measure, score=float(score), answer="A" if score else "B",
        )
        for index, score in enumerate(right)
    ]  # fmt: skip


BEFORE = [True] * 20 + [False] * 20
AFTER = [True] * 19 + [False] + [True] * 12 + [False] * 8


def test_lone_answers_are_held_by_the_exact_test_and_flips_are_listed():
    result = compared(answers(BEFORE, model="a"), answers(AFTER, model="b"))
    (line,) = result.lines
    assert (line.gained, line.lost, line.n) == (12, 1, 40)
    assert line.p == pytest.approx(2 * 14 / 2**13)
    assert line.low < 11 / 40 < line.high
    assert sum(flip.gained for flip in result.flips) == 12
    assert {(flip.before, flip.after) for flip in result.flips} == {("B", "A"), ("A", "B")}


def test_p_values_of_all_lines_are_adjusted_together():
    before = answers(BEFORE, model="a") + answers(BEFORE, model="a", task="other")
    after = answers(AFTER, model="b") + answers(BEFORE, model="b", task="other")
    changed, same = compared(before, after).lines
    assert changed.adjusted == pytest.approx(2 * changed.p)
    assert same.adjusted == 1.0


def test_items_of_one_source_count_as_one():
    of = [f"d{index // 4}" for index in range(40)]
    alone = compared(answers(BEFORE, model="a"), answers(AFTER, model="b")).lines[0]
    together = compared(
        answers(BEFORE, model="a", clusters=of), answers(AFTER, model="b", clusters=of)
    ).lines[0]
    assert together.high - together.low > 1.2 * (alone.high - alone.low)
    assert together.p > alone.p


def test_what_was_seen_in_training_stands_beside_what_was_not():
    seen = {f"i{index}" for index in range(20, 32)}
    lines = compared(answers(BEFORE, model="a"), answers(AFTER, model="b"), seen=seen).lines
    assert [(line.part, line.n, line.after) for line in lines] == [
        ("all", 40, 31 / 40),
        ("clean", 28, 19 / 28),
        ("seen", 12, 1.0),
    ]


def test_items_of_one_model_alone_are_counted_and_left_out():
    result = compared(answers(BEFORE, model="a"), answers(AFTER[:30], model="b"))
    assert (result.lines[0].n, result.unpaired) == (30, 10)


def test_a_model_against_itself_has_not_changed():
    bits = [1.0 + index / 40 for index in range(40)]
    one = answers(bits, model="a", measure="bits_per_byte")
    (line,) = compared(one, one).lines
    assert (line.low, line.high, line.p, line.gained) == (0.0, 0.0, 1.0, 0)
