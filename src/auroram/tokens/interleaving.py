"""Kinds of samples in exact numbers, evenly mixed, and any place of the mix found by arithmetic.

The kinds hang in a Huffman tree of their quotas. At every fork the first n samples are shared in
the proportion of its two sides, rounded, so a place of the mix is found by walking down and a count
by walking through; nothing is stored per sample. At the end every kind has its quota exactly. On
the way a kind is off its proportion by half a sample for each fork passed, of which earlier forks
count the less the deeper it lies: less than two samples in all, and in practice below one. The
tree is Huffman's because no fork above another then passes on more than two thirds.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leaf:
    """A kind of sample, and how many there are of it."""

    kind: str
    quota: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Two lots that share what reaches them."""

    left: "Leaf | Fork"
    right: "Leaf | Fork"
    quota: int

    def to_left(self, n: int) -> int:
        """How many of the first `n` samples go left: n times the left share, halves upwards."""
        return (2 * n * self.left.quota + self.quota) // (2 * self.quota)


def interleaving(quotas: Mapping[str, int]) -> Leaf | Fork:
    """The tree that mixes the kinds whose quota is above 0.

    Raises:
        ValueError: where every quota is 0.
    """
    kinds = [(quota, order, kind) for order, (kind, quota) in enumerate(quotas.items()) if quota]
    if not kinds:
        raise ValueError("nothing to interleave: every quota is 0")
    heap: list[tuple[int, int, Leaf | Fork]] = [
        (q, order, Leaf(kind, q)) for q, order, kind in kinds
    ]
    heapq.heapify(heap)
    for order in range(len(quotas), len(quotas) + len(heap) - 1):
        (small, _, right), (large, _, left) = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, (small + large, order, Fork(left, right, small + large)))
    return heap[0][2]


def place(tree: Leaf | Fork, n: int) -> tuple[str, int]:
    """The kind of sample `n`, counted from 0, and how many of its kind come before it."""
    while isinstance(tree, Fork):
        before = tree.to_left(n)
        if tree.to_left(n + 1) > before:
            tree, n = tree.left, before
        else:
            tree, n = tree.right, n - before
    return tree.kind, n


def counts(tree: Leaf | Fork, n: int) -> dict[str, int]:
    """How many of each kind are among the first `n` samples."""
    if isinstance(tree, Leaf):
        return {tree.kind: n}
    left = tree.to_left(n)
    return counts(tree.left, left) | counts(tree.right, n - left)
