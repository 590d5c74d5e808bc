"""Which of several copies is kept: the settings, and the order of preference."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.settings import Positive, Share, settings

TAKEN_DOWN = 1 << 32
"""Merits below it are of documents that were taken down, and name the request: before all others,
so that such a document represents its cluster and what is to be dropped with it is told by that."""

_LENGTH_BITS, _DAY_BITS = 36, 20
_MOST_LICENCES = 255
_DAY_ZERO = 1 << (_DAY_BITS - 1)
_SECONDS = 86_400


@settings
class NearDuplicates:
    """When two documents of a domain are nearly the same, and which of them stays.

    Of a cluster stays the document with the first licence of `licences`, then the longest, then
    the one collected first, then the one with the lowest id.
    """

    similarity: Share = 0.7
    """Estimated Jaccard similarity of their shingles from which on only one is kept."""
    shingle: Positive = 5
    """Units (words, in spaced scripts) in a shingle."""
    bands: Positive = 28
    """Parts of a signature; documents are compared where at least one part agrees."""
    rows: Positive = 4
    """Hashes in a band. With 28 bands of 4, a pair at 0.7 is compared with probability 0.9995."""
    licences: tuple[str, ...] = ()
    """SPDX expressions in the order in which they are preferred; all others come after."""

    def __post_init__(self) -> None:
        if len(self.licences) > _MOST_LICENCES:
            raise ValueError(f"licences must name at most {_MOST_LICENCES}")

    @property
    def hashes(self) -> int:
        """Values in a signature."""
        return self.bands * self.rows

    def merits(
        self, licences: pa.Array, lengths: NDArray[np.int64], collected_at: pa.Array
    ) -> NDArray[np.uint64]:
        """A number for each document; of a cluster the lowest stays.

        Args:
            licences: SPDX expressions.
            lengths: bytes of text.
            collected_at: ISO 8601, or null; what is no date counts as the latest.
        """
        places = pc.index_in(licences, pa.array(self.licences, pa.string()))
        rank = _numbers(places, missing=len(self.licences))
        length = (1 << _LENGTH_BITS) - 1 - np.minimum(lengths, (1 << _LENGTH_BITS) - 1)
        merit = (rank << (_LENGTH_BITS + _DAY_BITS)) + (length << _DAY_BITS) + _days(collected_at)
        return merit.view(np.uint64)


def _days(dates: pa.Array) -> NDArray[np.int64]:
    days = pc.utf8_slice_codeunits(dates.cast(pa.string()), 0, 10)
    times = pc.strptime(days, format="%Y-%m-%d", unit="s", error_is_null=True).cast(pa.int64())
    latest = (1 << _DAY_BITS) - 1
    seconds = _numbers(times, missing=latest * _SECONDS)
    return np.clip(seconds // _SECONDS + _DAY_ZERO, 0, latest)


def _numbers(column: pa.Array, *, missing: int) -> NDArray[np.int64]:
    filled = pc.fill_null(column.cast(pa.int64()), missing)
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.int64)
