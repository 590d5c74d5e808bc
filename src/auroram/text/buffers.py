"""Texts as kernels see them: one run of UTF-8 bytes and the places where each text starts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """Many texts without a copy of any: text `d` is `data[offsets[d]:offsets[d + 1]]`."""

    data: NDArray[np.uint8]
    """Valid UTF-8."""
    offsets: NDArray[np.int64]
    """One more than there are texts, rising."""

    @classmethod
    def of(cls, texts: pa.Array | list[str]) -> "Buffer":
        """The buffer of an Arrow column or a list of texts; nulls count as empty.

        Raises:
            pa.ArrowInvalid: where the bytes of a column are not valid UTF-8.
        """
        column = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
        column = column.cast(pa.large_string())
        column.validate(full=True)
        _, starts, data = column.buffers()
        offsets = np.frombuffer(starts, np.int64)[column.offset : column.offset + len(column) + 1]
        empty = np.zeros(0, np.uint8)
        return cls(data=np.frombuffer(data, np.uint8) if data else empty, offsets=offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1
