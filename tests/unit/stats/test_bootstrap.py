"""Ratios of sums by document, against a slow version; coverage is in test_coverage.py."""

import random

import numpy as np
import pytest

from auroram.stats.bootstrap import change_interval, cluster_interval, ratio_interval, ratio_of_sums


def documents(seed, n=60):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(200, 3_000, n).astype(float)
    return (sizes * generator.normal(1.5, 0.3, n)).tolist(), sizes.tolist()


def slow_interval(numerators, denominators):
    pairs, draw = list(zip(numerators, denominators, strict=True)), random.Random(3)
    ratios = []
    for _ in range(4_000):
        drawn = draw.choices(pairs, k=len(pairs))
        ratios.append(sum(a for a, _ in drawn) / sum(b for _, b in drawn))
    return np.quantile(ratios, [0.025, 0.975])


def test_it_agrees_with_drawing_documents_one_by_one():
    numerators, denominators = documents(0)
    fast = ratio_interval(numerators, denominators, seed=5)
    width = fast.high - fast.low
    assert (fast.low, fast.high) == pytest.approx(
        slow_interval(numerators, denominators), abs=0.06 * width
    )


def test_the_same_seed_gives_the_same_interval():
    assert ratio_interval(*documents(1), seed=9) == ratio_interval(*documents(1), seed=9)


def test_a_paired_change_is_much_surer_than_two_models_apart():
    before, sizes = documents(2)
    after = [0.9 * bits for bits in before]
    paired, alone = change_interval(after, before, seed=1), ratio_interval(before, sizes, seed=1)
    assert (paired.low, paired.high) == pytest.approx((-0.1, -0.1))
    assert (alone.high - alone.low) / 1.5 > 0.05


def test_few_documents_have_no_interval():
    assert ratio_interval([1.0] * 9, [1.0] * 9, seed=1) is None
    assert change_interval([1.0] * 9, [1.0] * 9, seed=1) is None


def test_a_ratio_over_nothing_is_refused():
    with pytest.raises(ValueError, match="denominator above 0"):
        ratio_of_sums([1.0], [0.0])


def test_clusters_are_drawn_whole():
    scores, of = [float(index % 12) for index in range(60)], [index % 12 for index in range(60)]
    whole = cluster_interval(scores, clusters=of, seed=1)
    alone = cluster_interval(scores, seed=1)
    assert whole.high - whole.low > 2 * (alone.high - alone.low)
