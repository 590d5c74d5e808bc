"""Which of several copies is kept: the settings, and the order of preference."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.settings import Positive, Share, settings

TAKEN_DOWN = 1 << 32
"""Merits below it are of documents that were taken down, and name the request: before all others,
so that such a document represents its cluster and what is to be dropped with it is told by that."""

_LENGTH = "length"
_WORTH_BITS, _DAY_BITS = 36, 20
_MOST = (1 << _WORTH_BITS) - 1
_SIGN = 1 << 31
_NOISE_BITS = 7
"""Of the 23 of a float's mantissa."""
_MOST_LICENCES = 255
_DAY_ZERO = 1 << (_DAY_BITS - 1)
_SECONDS = 86_400


@settings
class NearDuplicates:
    """When two documents of a domain are nearly the same, and which of them stays.

    Of a cluster stays the document with the first licence of `licences`, then the one that
    `prefer` names, then the one collected first, then the one with the lowest id.
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
    prefer: str = "length"
    """`length` for the longest, or a column of `signals.parquet` for the highest value, such as
    `language_score`; for the lowest with a minus before, such as `-duplicate_line_share`."""

    def __post_init__(self) -> None:
        if len(self.licences) > _MOST_LICENCES:
            raise ValueError(f"licences must name at most {_MOST_LICENCES}")

    @property
    def hashes(self) -> int:
        """Values in a signature."""
        return self.bands * self.rows

    @property
    def signal(self) -> str:
        """The column that `prefer` names; empty where it is the length."""
        return "" if self.prefer == _LENGTH else self.prefer.removeprefix("-")

    def merits(
        self, licences: pa.Array, preferred: NDArray[np.generic], collected_at: pa.Array
    ) -> NDArray[np.uint64]:
        """A number for each document; of a cluster the lowest stays.

        Args:
            licences: SPDX expressions.
            preferred: bytes of text or, where `prefer` names a signal, its values.
            collected_at: ISO 8601, or null; what is no date counts as the latest.
        """
        places = pc.index_in(licences, pa.array(self.licences, pa.string()))
        rank = _numbers(places, missing=len(self.licences))
        if self.signal:
            worth = _worth(preferred, is_lowest=self.prefer.startswith("-"))
        else:
            worth = _MOST - np.minimum(preferred.astype(np.int64), _MOST)
        merit = (rank << (_WORTH_BITS + _DAY_BITS)) + (worth << _DAY_BITS) + _days(collected_at)
        return merit.view(np.uint64)


def _worth(values: NDArray[np.generic], *, is_lowest: bool) -> NDArray[np.int64]:
    """Falls as the values rise, or rises with them; what is no number comes last.

    A float's bits are ordered as the floats of its sign are. The last bits are left out, so that
    the order in which a processor adds up decides nothing.
    """
    floats = values.astype(np.float32) * np.float32(1 if is_lowest else -1) + np.float32(0)
    bits = floats.view(np.uint32).astype(np.int64)
    rising = np.where(bits < _SIGN, bits + _SIGN, 2 * _SIGN - 1 - bits)
    return np.where(np.isnan(floats), _MOST, rising >> _NOISE_BITS)


def _days(dates: pa.Array) -> NDArray[np.int64]:
    days = pc.utf8_slice_codeunits(dates.cast(pa.string()), 0, 10)
    times = pc.strptime(days, format="%Y-%m-%d", unit="s", error_is_null=True).cast(pa.int64())
    latest = (1 << _DAY_BITS) - 1
    seconds = _numbers(times, missing=latest * _SECONDS)
    return np.clip(seconds // _SECONDS + _DAY_ZERO, 0, latest)


def _numbers(column: pa.Array, *, missing: int) -> NDArray[np.int64]:
    filled = pc.fill_null(column.cast(pa.int64()), missing)
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.int64)
