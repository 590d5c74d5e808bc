"""The opening of an answer: its first tokens say whether a request is helped with or declined.

They are a few in a hundred targets, so learning hardly hears of the choice that they make; here
they can be given more weight.
"""

import numpy as np
from numpy.typing import NDArray

from auroram.settings import Positive, PositiveFloat, settings


@settings
class Opening:
    """How much more the first tokens of an answer weigh. Only exchanges have answers.

    Refusals differ from helpful answers mostly in their first tokens: Qi et al. 2024,
    arXiv:2406.05946, section 2.
    """

    tokens: Positive = 4
    """Tokens of an answer that are its opening."""
    weight: PositiveFloat = 8.0
    """What each of them weighs in the gradient, where any other target weighs 1."""

    def weights(self, learnt: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The weight of each token of a piece, of which the answers alone are learnt.

        >>> Opening(tokens=2, weight=3).weights(np.array([False, True, True, True])).tolist()
        [1.0, 3.0, 3.0, 1.0]
        """
        weights = np.ones(len(learnt), np.float32)
        first = np.flatnonzero(learnt & ~np.concatenate(([False], learnt[:-1])))
        for start in first:
            weights[start : start + self.tokens] = self.weight
        weights[~learnt] = 1
        return weights
