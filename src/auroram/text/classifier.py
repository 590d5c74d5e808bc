"""What any classifier of texts can be asked."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class TextClassifier(Protocol):
    """Gives every text a score for every label."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns of `scores`."""
        ...

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Scores in [0, 1], shape (texts, labels), rows in the order of the texts."""
        ...
