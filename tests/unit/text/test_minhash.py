"""Signatures estimate Jaccard similarity, and groups are what pairs make of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.buffers import Buffer
from auroram.text.minhash import estimated_similarity, near_duplicate_groups
from auroram.text.signals import signals_of
from auroram.text.units import units_of

random = np.random.default_rng(3)
WORDS = {
    "fi": [f"sana{i}" for i in range(3000)],
    "hi": ["".join(random.choice(list("कखगघचछजझटठडढणतथदधनपफबभमयरलवशसह"), 3)) for _ in range(3000)],
    "ja": [chr(0x4E00 + i) for i in range(3000)],
}


def text_of(language, n=400):
    join = "" if language == "ja" else " "
    return join.join(random.choice(WORDS[language], n))


def changed(text, language, share):
    """The text with a share of its units replaced."""
    join = "" if language == "ja" else " "
    units = units_of(text)
    for i in random.choice(len(units), int(share * len(units)), replace=False):
        units[i] = str(random.choice(WORDS[language]))
    return join.join(units)


def signatures(*texts, hashes=112):
    return signals_of(Buffer.of(list(texts)), hashes=hashes).signatures


def jaccard(left, right, n=5):
    shingles = []
    for text in (left, right):
        units = units_of(text)
        shingles.append({tuple(units[i : i + n]) for i in range(max(1, len(units) - n + 1))})
    return len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.05, 0.2])
def test_the_share_of_equal_values_estimates_jaccard(language, share):
    text = text_of(language)
    other = changed(text, language, share)
    left, right = signatures(text, other, hashes=1024)
    assert estimated_similarity(left, right) == pytest.approx(jaccard(text, other), abs=0.06)


@pytest.mark.parametrize("language", WORDS)
def test_near_copies_are_grouped_and_others_are_not(language):
    texts = [text_of(language) for _ in range(30)]
    copies = [changed(text, language, 0.02) for text in texts]
    groups = near_duplicate_groups(signatures(*texts, *copies), bands=28, similarity=0.7)
    assert groups.tolist() == [*range(30), *range(30)]


def test_a_chain_of_near_copies_is_one_group():
    first = text_of("fi")
    second = changed(first, "fi", 0.03)
    third = changed(second, "fi", 0.03)
    groups = near_duplicate_groups(signatures(first, second, third), bands=28, similarity=0.6)
    assert groups.tolist() == [0, 0, 0]


def test_texts_without_units_are_never_duplicates():
    groups = near_duplicate_groups(signatures("...", "!!!", ""), bands=28, similarity=0.7)
    assert groups.tolist() == [0, 1, 2]


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(12)))
def test_groups_do_not_depend_on_the_order_of_the_texts(order):
    texts = [f"{' '.join(f'w{i % 4}x{j}' for j in range(60))} end{i}" for i in range(12)]
    plain = near_duplicate_groups(signatures(*texts), bands=28, similarity=0.7)
    mixed = near_duplicate_groups(signatures(*(texts[i] for i in order)), bands=28, similarity=0.7)
    as_sets = {frozenset(order[i] for i in np.flatnonzero(mixed == root)) for root in mixed}
    assert as_sets == {frozenset(np.flatnonzero(plain == root).tolist()) for root in plain}
