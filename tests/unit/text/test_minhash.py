"""Signatures estimate Jaccard similarity."""

import numpy as np
import pytest

from auroram.text.buffers import Buffer
from auroram.text.minhash import estimated_similarity
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
