"""The automaton that finds all of many words in one pass over a text.

Source: Aho and Corasick 1975, Communications of the ACM 18(6). Failure links are resolved into
the table of transitions, so that a step is one look-up.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Automaton:
    """States of the trie of all words; 0 is its root, symbol 0 stands in no word."""

    following: NDArray[np.int32]
    """Shape (states, symbols): the state after a symbol."""
    ending: NDArray[np.int32]
    """For each state one more than the index of the longest word that ends there; 0 for none."""
    shorter: NDArray[np.int32]
    """For each state the one at which the next shorter word's end is known; the root at last."""


def automaton_of(words: Sequence[Sequence[int]], symbols: int) -> Automaton:
    """The automaton of words over the symbols 1 to `symbols`.

    Args:
        words: all different, none empty.
        symbols: how many there are.
    """
    trie, word_at = _trie(words)
    following = np.zeros((len(trie), symbols + 1), np.int32)
    ending = np.zeros(len(trie), np.int32)
    shorter = np.zeros(len(trie), np.int32)
    suffix = [0] * len(trie)
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        fallback = suffix[state]
        own = word_at.get(state)
        ending[state] = ending[fallback] if own is None else own + 1
        shorter[state] = shorter[fallback] if own is None else fallback
        # Breadth first: the fallback is nearer to the root, so its row is finished.
        following[state] = following[fallback]
        for symbol, child in trie[state].items():
            suffix[child] = int(following[fallback, symbol]) if state else 0
            following[state, symbol] = child
            waiting.append(child)
    return Automaton(following=following, ending=ending, shorter=shorter)


def _trie(words: Sequence[Sequence[int]]) -> tuple[list[dict[int, int]], dict[int, int]]:
    """Children of each state by symbol, and the word that ends at a state."""
    trie: list[dict[int, int]] = [{}]
    word_at: dict[int, int] = {}
    for index, word in enumerate(words):
        state = 0
        for symbol in word:
            if symbol not in trie[state]:
                trie[state][symbol] = len(trie)
                trie.append({})
            state = trie[state][symbol]
        word_at[state] = index
    return trie, word_at
