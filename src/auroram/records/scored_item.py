"""One item of an evaluation as one model answered it: the row that every statistic is made of."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredItem:
    """What a checkpoint scored on one item of a task."""

    run: str
    """Digest of the model's weights, so that equal models are measured once."""
    model: str
    """The stage that made the model, as the recipe names it: `base`, `cap`, `cat`."""
    tokens_seen: int
    """Tokens trained on since the base, 0 for the base."""
    task: str
    language: str
    """BCP 47 tag, or `code`."""
    split: str
    item: str
    """Digest of the item: its text, choices and few-shot context."""
    cluster: str
    """Items of one source share it (a document, a template); the item itself where it is alone."""
    measure: str
    """`bits_per_byte`, `accuracy`, `accuracy_norm`, `exact_match`, `pass`, ..."""
    score: float
    weight: float = 1.0
    """What the score is a mean over: bytes for bits per byte, 1 for an answer."""
    answer: str = ""
    """What the model said or chose, for whoever looks at one item."""


def mean_score(items: Sequence[ScoredItem]) -> float:
    """The mean of the scores of at least one item, by weight."""
    return sum(one.score * one.weight for one in items) / sum(one.weight for one in items)
