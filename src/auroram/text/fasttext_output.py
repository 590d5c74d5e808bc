"""FastText's last layer: from a hidden vector to labels, by softmax or by a tree of labels."""

import math

import numpy as np
from numpy.typing import NDArray

from auroram.text.compiled import compiled

Head = tuple[NDArray[np.float32], NDArray[np.int32]]
"""Rows of the output matrix, and of a hierarchical softmax the children of each inner node."""

_GUARD = 1e-5
"""FastText's own guard against the logarithm of nothing."""


@compiled
def likeliest(head: Head, hidden: NDArray[np.float32]) -> tuple[int, float]:
    """The likeliest label, and how likely it is, in [0, 1]."""
    output, tree = head
    return _in_tree(output, tree, hidden) if len(tree) else _in_softmax(output, hidden)


@compiled
def likelihoods(head: Head, hidden: NDArray[np.float32]) -> NDArray[np.float64]:
    """How likely each label is, in [0, 1]."""
    output, tree = head
    labels = len(output)
    likely: NDArray[np.float64] = np.ones(2 * labels - 1, np.float64)
    if not len(tree):
        for label in range(labels):
            likely[label] = _dot(output, label, hidden)
        likely = np.exp(likely[:labels] - likely[:labels].max())
        likely /= likely.sum()
        return likely
    # A node's number is above its children's, so each is reached after what leads to it.
    for node in range(2 * labels - 2, labels - 1, -1):
        right = 1.0 / (1.0 + math.exp(-_dot(output, node - labels, hidden)))
        for side in (0, 1):
            share = right if side else 1.0 - right
            likely[tree[node - labels, side]] = likely[node] * (share + _GUARD)
    return likely[:labels]


@compiled
def _in_softmax(output: NDArray[np.float32], hidden: NDArray[np.float32]) -> tuple[int, float]:
    logits = np.empty(len(output), np.float64)
    for label in range(len(output)):
        logits[label] = _dot(output, label, hidden)
    best = int(np.argmax(logits))
    return best, 1.0 / np.exp(logits - logits[best]).sum()


@compiled
def _in_tree(
    output: NDArray[np.float32], tree: NDArray[np.int32], hidden: NDArray[np.float32]
) -> tuple[int, float]:
    """The likeliest leaf: depth first, leaving out branches that cannot win any more."""
    labels = len(output)
    nodes = np.empty(labels + 1, np.int64)
    logs = np.empty(labels + 1, np.float64)
    nodes[0], logs[0], depth = 2 * labels - 2, 0.0, 1
    best, highest = 0, -math.inf
    while depth:
        depth -= 1
        node, score = nodes[depth], logs[depth]
        if score <= highest:
            continue
        if node < labels:
            best, highest = node, score
            continue
        right = 1.0 / (1.0 + math.exp(-_dot(output, node - labels, hidden)))
        # The likelier side is looked at first.
        first = 0 if right > 0.5 else 1
        for side in (first, 1 - first):
            share = right if side else 1.0 - right
            nodes[depth] = tree[node - labels, side]
            logs[depth] = score + math.log(share + _GUARD)
            depth += 1
    return best, min(1.0, math.exp(highest))


@compiled
def _dot(rows: NDArray[np.float32], row: int, other: NDArray[np.float32]) -> float:
    total = np.float32(0.0)
    for d in range(len(other)):
        total += rows[row, d] * other[d]
    return float(total)
