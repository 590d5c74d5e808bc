"""A linear classifier on character n-grams: small, fast, right for every script."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auroram.records.canonical import Json
from auroram.settings import Count, Positive, PositiveFloat, settings
from auroram.text.buffers import Buffer
from auroram.text.char_ngrams import fit, margins
from auroram.text.characters import tables


@settings
class NgramShape:
    """Which runs of characters are looked at, and how many buckets they fall into."""

    shortest: Positive = 1
    """Characters of the shortest run."""
    longest: Positive = 5
    """Characters of the longest run."""
    bits: Positive = 18
    """Buckets are 2 to this power: 1 MiB of weights at 18 for each label beyond two."""

    def __post_init__(self) -> None:
        if self.shortest > self.longest or self.longest > 16:
            raise ValueError(
                f"shortest must be at most longest, and longest at most 16 "
                f"({self.shortest} and {self.longest})"
            )
        if not 8 <= self.bits <= 26:
            raise ValueError(f"bits must lie between 8 and 26 ({self.bits})")

    def plain(self) -> tuple[int, int, int]:
        """As the kernels take it."""
        return self.shortest, self.longest, self.bits


@settings
class NgramTraining:
    """How the weights are found."""

    shape: NgramShape = NgramShape()
    epochs: Positive = 5
    """How often each text is learned from."""
    rate: PositiveFloat = 0.05
    """Step size of AdaGrad."""
    seed: Count = 0
    """Of the order of the texts, which is drawn anew for each epoch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NgramClassifier:
    """Labels and the weights that tell them apart."""

    labels: tuple[str, ...]
    shape: NgramShape
    weights: NDArray[np.float32]
    """Shape (buckets, columns): one column for two labels, else one for each label."""
    biases: NDArray[np.float64]
    """Shape (columns,)."""
    thresholds: tuple[float, ...] = ()
    """For each label the score from which on it is said, found on texts set aside."""
    facts: Json = field(default_factory=dict)
    """How it was trained and what it reached, for people to read."""

    def scores(self, texts: Sequence[str] | Buffer) -> NDArray[np.float32]:
        """Probability of each label against all others, shape (texts, labels)."""
        buffer = texts if isinstance(texts, Buffer) else Buffer.of(list(texts))
        out = np.tile(self.biases, (len(buffer), 1))
        table = tables()
        lookup = (table.classes, table.lower)
        margins((buffer.data, buffer.offsets), lookup, self.shape.plain(), self.weights, out)
        # Beyond 50 float32 has reached 0 or 1 already, and exp would overflow.
        shares = 1 / (1 + np.exp(-np.clip(out, -50, 50)))
        if len(self.labels) == 2:
            shares = np.concatenate([1 - shares, shares], axis=1)
        return shares.astype(np.float32)


def trained(
    texts: Sequence[str], labels: Sequence[str], training: NgramTraining
) -> NgramClassifier:
    """A classifier that has learned from labelled texts; the same input gives the same weights.

    Time: about 0.3 s a megabyte and epoch. Memory: the texts once more, and two tables of weights.

    Raises:
        ValueError: where the texts bear fewer than two different labels.
    """
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise ValueError(f"a classifier needs two labels to tell apart ({', '.join(names)})")
    wanted = np.array([[label == name for name in names] for label in labels], np.float32)
    wanted = wanted[:, 1:] if len(names) == 2 else wanted
    shape = training.shape
    weights = np.zeros((1 << shape.bits, wanted.shape[1]), np.float32)
    biases = np.zeros(wanted.shape[1])
    generator = np.random.default_rng(training.seed)
    order = np.concatenate([generator.permutation(len(texts)) for _ in range(training.epochs)])
    buffer, table = Buffer.of(list(texts)), tables()
    fit(
        (buffer.data, buffer.offsets),
        (table.classes, table.lower),
        shape.plain(),
        (np.ascontiguousarray(wanted), order, training.rate),
        (weights, biases),
    )
    return NgramClassifier(labels=names, shape=shape, weights=weights, biases=biases)
