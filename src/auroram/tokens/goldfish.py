"""Goldfish loss: some tokens are never a target, so that no passage is learnt by heart.

Which ones, a hash of the tokens before them says: a passage drops the same tokens wherever and
however often it comes, in whichever document, row or epoch, so that what was left out once is not
learnt from a copy.

Source: Hans et al. 2024, arXiv:2406.10209, section 3 (the hashed mask).
"""

from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from auroram.settings import Positive, settings

Words = NDArray[np.uint64]


@settings
class Goldfish:
    """Which targets are dropped. Exchanges, of which only answers are learnt, keep theirs."""

    k: Annotated[int, Ge(2)] = 4
    """One token in so many is dropped."""
    context: Positive = 13
    """Tokens before a target that decide. A target with fewer before it in its document stays."""

    def kept(self, tokens: NDArray[np.integer[Any]], start: int) -> NDArray[np.bool_]:
        """Which tokens from number `start` on may be targets.

        Args:
            tokens: of a document, from its beginning or from at least `context` before `start`.
            start: of the first token that is asked about.
        """
        kept = np.ones(len(tokens) - start, np.bool_)
        first = max(start, self.context)
        if first >= len(tokens):
            return kept
        before = tokens[first - self.context : -1].astype(np.uint64)
        windows = np.lib.stride_tricks.sliding_window_view(before, self.context)
        kept[first - start :] = _hashed(windows) >= np.uint64(2**64 // self.k)
        return kept


def _hashed(windows: Words) -> Words:
    """A 64-bit hash of each row: the finaliser of SplitMix64 over one token after another.

    Source: Steele et al. 2014, Fast Splittable Pseudorandom Number Generators.
    """
    state = np.zeros(len(windows), np.uint64)
    for column in windows.T:
        state = state + column + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
    return state
