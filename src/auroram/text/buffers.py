"""Texts as kernels see them: one run of UTF-8 bytes and the places where each text starts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
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
        """The buffer of an Arrow column or a list of texts.

        Raises:
            ValueError: where a text cannot be UTF-8, saying which.
        """
        if isinstance(texts, pa.Array):
            return cls.of_arrow(texts)
        try:
            column = pa.array(texts, pa.large_string())
        except UnicodeEncodeError:
            raise ValueError(_surrogate(texts)) from None
        return _view(column)

    @classmethod
    def of_arrow(cls, column: pa.Array) -> "Buffer":
        """The buffer of a column of strings or bytes, whose texts are not copied; nulls are empty.

        Raises:
            ValueError: where the column holds something else, or bytes that are not UTF-8.
        """
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.dictionary_decode()
        elif not (_is_text(kind) or pa.types.is_null(kind)):
            raise ValueError(f"texts must be strings or bytes (got a column of {kind})")
        if column.null_count:
            column = pc.fill_null(column.cast(pa.large_binary()), b"")
        try:
            column = column.cast(pa.large_string())
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            raise ValueError(_invalid(column, error)) from None
        return _view(column)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def take(self, rows: NDArray[np.int64]) -> "Buffer":
        """Some of the texts, copied."""
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - starts)])
        pieces = [self.data[start:end] for start, end in zip(starts, ends, strict=True)]
        return Buffer(data=np.concatenate([np.zeros(0, np.uint8), *pieces]), offsets=offsets)


def _view(column: pa.Array) -> Buffer:
    _, starts, data = column.buffers()
    if starts is None or not len(column):
        return Buffer(data=np.zeros(0, np.uint8), offsets=np.zeros(1, np.int64))
    offsets = np.frombuffer(starts, np.int64)[column.offset : column.offset + len(column) + 1]
    return Buffer(data=np.frombuffer(data or b"", np.uint8), offsets=offsets)


def _is_text(kind: pa.DataType) -> bool:
    return any(
        (
            pa.types.is_string(kind),
            pa.types.is_large_string(kind),
            pa.types.is_string_view(kind),
            pa.types.is_binary(kind),
            pa.types.is_large_binary(kind),
            pa.types.is_binary_view(kind),
            pa.types.is_fixed_size_binary(kind),
        )
    )


def _surrogate(texts: Sequence[str]) -> str:
    for number, text in enumerate(texts):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return (
                f"text {number}: holds a lone surrogate (got {text[error.start]!r} at character "
                f"{error.start}); decode it with errors='replace' first"
            )
    raise AssertionError("a text must hold a surrogate")


def _invalid(column: pa.Array, error: pa.ArrowInvalid) -> str:
    for number, value in enumerate(column.cast(pa.large_binary())):
        try:
            (value.as_py() or b"").decode()
        except UnicodeDecodeError as fault:
            return (
                f"text {number}: is not UTF-8 (got byte {fault.object[fault.start]:#04x} at byte "
                f"{fault.start}); mend or quarantine it first"
            )
    return f"texts are no valid column ({error})"
