"""Where each document of a shard begins, left on disk until it is asked for.

Opening takes the same time and memory for ten documents as for a billion: the index file is
mapped, the last document alone is looked at, and a token's document is found by binary search,
which touches a few pages of the file.
"""

from typing import overload

import numpy as np
from numpy.typing import NDArray


class Starts:
    """First token of each document, rising, and the number of tokens at the end."""

    def __init__(self, offsets: NDArray[np.int64], width: int, tokens: int) -> None:
        """The starts of a shard.

        Args:
            offsets: first byte of each document among the tokens; need not be aligned.
            width: bytes of a token.
            tokens: of the shard.
        """
        self._offsets = offsets
        self._width = width
        self._tokens = tokens

    def __len__(self) -> int:
        """Documents, and one."""
        return len(self._offsets) + 1

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> NDArray[np.int64]: ...

    def __getitem__(self, place: int | slice) -> int | NDArray[np.int64]:
        """One start, or some as an array in memory."""
        if isinstance(place, slice):
            return self._some(place)
        index = place + len(self) if place < 0 else place
        if index == len(self._offsets):
            return self._tokens
        return int(self._offsets[index]) // self._width

    def _some(self, place: slice) -> NDArray[np.int64]:
        first, stop, step = place.indices(len(self))
        starts = self._offsets[first : min(stop, len(self._offsets))] // self._width
        ended = np.array([self._tokens] if stop == len(self) and first < stop else [], np.int64)
        return np.concatenate([starts, ended])[::step]
