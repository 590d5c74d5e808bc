"""Corrected rates: exact cases, and coverage by simulation with clustering and judge error on."""

import numpy as np
import pytest

from auroram.stats import corrected_rates
from auroram.stats.corrected_rates import Asked, JudgeError, corrected_rate

WORLDS = [  # true rate, prompts, likeness of generations, sensitivity, specificity, labels each, k
    (0.10, 40, 0.5, 0.85, 0.95, 100, 1),
    (0.02, 40, 0.5, 0.85, 0.95, 100, 1),
    (0.10, 60, 0.3, 0.90, 0.97, 100, 5),
    (0.20, 50, 0.5, 0.70, 0.90, 100, 3),
    (0.50, 60, 0.3, 0.90, 0.90, 100, 1),
]
GENERATIONS, WORLDS_DRAWN = 5, 500


@pytest.mark.parametrize("world", WORLDS)
def test_the_interval_covers_the_truth_with_clustering_and_judge_error_on(world, monkeypatch):
    monkeypatch.setattr(corrected_rates, "DRAWS", 1_000)
    assert 0.93 <= coverage(world) <= 0.97


def coverage(world):
    share, prompts, likeness, sensitivity, specificity, labels, k = world
    draw = np.random.default_rng(5)
    ends = share * (1 / likeness - 1), (1 - share) * (1 / likeness - 1)
    truth = share if k == 1 else 1 - np.mean((1 - draw.beta(*ends, 400_000)) ** k)
    covered = 0
    for seed in range(WORLDS_DRAWN):
        true = draw.random((prompts, GENERATIONS)) < draw.beta(*ends, prompts)[:, None]
        chance = np.where(true, sensitivity, 1 - specificity)
        yes = (draw.random(chance.shape) < chance).sum(axis=1)
        error = JudgeError(
            hits=int(draw.binomial(labels, sensitivity)),
            positives=labels,
            rejections=int(draw.binomial(labels, specificity)),
            negatives=labels,
        )
        rate = corrected_rate(asked(yes), k=k, error=error, seed=seed)
        covered += not isinstance(rate, str) and rate.interval.low <= truth <= rate.interval.high
    return covered / WORLDS_DRAWN


def asked(yes, scored=GENERATIONS):
    return [Asked(yes=int(count), scored=scored) for count in yes]


def test_an_exact_judge_and_one_generation_give_jeffreys_interval():
    rate = corrected_rate(asked([1] * 7 + [0] * 33, 1), k=1, error=JudgeError(), seed=0)
    assert rate.value == pytest.approx(7 / 40)
    # Jeffreys' interval, Beta(7.5, 33.5).
    assert (rate.interval.low, rate.interval.high) == pytest.approx((0.0824, 0.3124), abs=0.005)


def test_the_value_is_that_of_rogan_and_gladen():
    error = JudgeError(hits=85, positives=100, rejections=95, negatives=100)
    rate = corrected_rate(asked([1] * 30 + [0] * 70, 1), k=1, error=error, seed=0)
    assert rate.value == pytest.approx((0.30 + 0.95 - 1) / (0.85 + 0.95 - 1))


def test_any_of_k_counts_a_prompt_that_gave_way_once():
    answers = asked([0, 0, 1, 5], 5)
    whole = corrected_rate(answers, k=5, error=JudgeError(), seed=0)
    single = corrected_rate(answers, k=1, error=JudgeError(), seed=0)
    assert (whole.value, single.value) == pytest.approx((0.5, 6 / 20))


def test_a_doubt_about_the_judge_widens_the_interval():
    few = JudgeError(hits=17, positives=20, rejections=19, negatives=20)
    many = JudgeError(hits=850, positives=1000, rejections=950, negatives=1000)
    wide, narrow = (
        corrected_rate(asked([1] * 30 + [0] * 70, 1), k=1, error=error, seed=0).interval
        for error in (few, many)
    )
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


@pytest.mark.parametrize(
    "error",
    [
        JudgeError(hits=5, positives=10, rejections=5, negatives=10),
        JudgeError(hits=10, positives=10),
        JudgeError(hits=2, positives=3, rejections=2, negatives=3),
    ],
)
def test_a_judge_that_may_be_no_better_than_chance_gives_no_rate(error):
    said = corrected_rate(asked([1, 0, 1], 1), k=1, error=error, seed=0)
    assert said == "the judge may be no better than chance"


@pytest.mark.parametrize(
    ("answers", "error", "word"),
    [
        ([1] * 40, JudgeError(hits=50, positives=100, rejections=99, negatives=100), "more"),
        ([0] * 40, JudgeError(hits=99, positives=100, rejections=60, negatives=100), "less"),
    ],
)
def test_what_the_card_rules_out_is_no_certainty_but_a_card_of_other_texts(answers, error, word):
    said = corrected_rate(asked(answers, 1), k=1, error=error, seed=0)
    assert said.startswith(f"the judge said yes {word} often than its measured error allows")


def test_prompts_with_too_few_scored_generations_are_not_in_the_n():
    answers = [*asked([0, 1], 5), *asked([0, 0, 0], 2)]
    assert corrected_rate(answers, k=3, error=JudgeError(), seed=0).prompts == 2
    said = corrected_rate(asked([0], 2), k=3, error=JudgeError(), seed=0)
    assert said == "no request was scored often enough"


def test_more_yes_than_generations_is_refused():
    with pytest.raises(ValueError, match="between 0 and scored"):
        Asked(yes=3, scored=2)
