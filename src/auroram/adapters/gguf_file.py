"""A GGUF file, read through the `gguf` package: typed metadata and tensors as float32."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, final

import numpy as np
from gguf import GGUFReader, dequantize
from numpy.typing import DTypeLike, NDArray

from auroram.errors import DataError

T = TypeVar("T", str, int, float, bool)

DAMAGED = (ValueError, IndexError, KeyError, OverflowError)
"""What the package raises on bytes that are not a whole GGUF file."""


@final
class GgufFile:
    """An open GGUF file; its bytes are mapped, not read, until a tensor is asked for.

    Raises:
        DataError: where the file is missing, is not GGUF, or ends too early.
    """

    path: Path

    def __init__(self, path: Path) -> None:
        self.path = path
        _check_magic(path)
        try:
            reader = _BoundedReader(path)
        except DAMAGED as error:
            raise DataError(
                f"{path}: truncated or damaged GGUF file ({error}); fetch it again"
            ) from None
        self._fields = reader.fields
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}

    def has(self, key: str) -> bool:
        """Whether the metadata holds this key."""
        return key in self._fields

    def value(self, key: str, kind: type[T]) -> T:
        """One text or number of the metadata.

        Raises:
            DataError: where the key is missing or holds another type.
        """
        if key not in self._fields:
            raise DataError(f"{self.path}: no {key!r} in its metadata; convert the model again")
        found = self._contents(key)
        if type(found) is not kind:
            raise DataError(
                f"{self.path}: {key!r} must be one {kind.__name__} (got {str(found)[:60]!r})"
            )
        return found

    def value_or(self, key: str, default: T) -> T:
        """One text or number of the metadata, or the default where the key is missing."""
        return self.value(key, type(default)) if self.has(key) else default

    def values(self, key: str, kind: type[T]) -> list[T]:
        """A list of texts or numbers of the metadata.

        Raises:
            DataError: where the key is missing or holds something else.
        """
        found = self._contents(key) if key in self._fields else None
        if not isinstance(found, list) or not all(type(item) is kind for item in found):
            raise DataError(f"{self.path}: {key!r} must be a list of {kind.__name__}")
        return found

    def tensors(self) -> Sequence[str]:
        """Names of all tensors, in the file's order."""
        return tuple(self._tensors)

    def dimensions(self, name: str) -> tuple[int, ...]:
        """A tensor's shape, rows first (GGUF itself writes it the other way round)."""
        return tuple(int(size) for size in reversed(self._tensors[name].shape))

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor's values, dequantised.

        Raises:
            DataError: where its type of quantisation is unknown or a value is not finite.
        """
        stored = self._tensors[name]
        try:
            values = dequantize(stored.data, stored.tensor_type)
        except NotImplementedError:
            raise DataError(
                f"{self.path}: tensor {name!r} is stored as {stored.tensor_type.name}, which "
                "cannot be read; choose a file with another quantisation"
            ) from None
        if not np.isfinite(values).all():
            raise DataError(f"{self.path}: tensor {name!r} holds values that are not finite")
        return values.astype(np.float32, copy=False).reshape(self.dimensions(name))

    def _contents(self, key: str) -> object:
        try:
            found: object = self._fields[key].contents()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.path}: {key!r} is not UTF-8 ({error.reason}); fetch the file again"
            ) from None
        return found


class _BoundedReader(GGUFReader):
    """The package's reader, which past the file's end reads nothing, without end, for a list."""

    def _get(
        self,
        offset: int,
        dtype: DTypeLike,
        count: int = 1,
        override_order: Literal["I", "S", "<"] | None = None,
    ) -> NDArray[Any]:
        if offset >= len(self.data) and count:
            raise IndexError("the file ends too early")
        if isinstance(self.data, np.memmap):
            # A plain view of the same bytes is cut three times as fast, and a vocabulary is cut
            # into hundreds of thousands of pieces.
            self.data = self.data.view(np.ndarray)  # type: ignore[assignment]
        return super()._get(offset, dtype, count, override_order)


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            found = file.read(4)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if found != b"GGUF":
        raise DataError(f"{path}: not a GGUF file (it begins with {found!r}, not b'GGUF')")
