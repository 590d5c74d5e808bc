"""The bytes of a stretch of a file, unpacked block by block within bounds.

Memory holds one block whatever the file claims. An archive that unpacks to more than
`HIGHEST_RATIO` times its size over `RATIO_WINDOW` bytes is taken for a bomb and not read on;
text packs by a factor of 3 to 20. Where an archive is truncated, the text of its last block before
the cut is lost too.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from auroram.corpus.readers.locations import Opened, ending_of, open_location
from auroram.corpus.readers.slice import Slice
from auroram.errors import first_line

BLOCK = 1 << 16
"""Unpacked bytes that are taken at a time."""
SMALL_BLOCK = 1 << 12
"""Bytes taken at a time beyond a slice's end, so that damage further on is not met there."""
LARGEST_READ = 1 << 26
"""Bytes that a file is asked for at a time."""
HIGHEST_RATIO = 250
RATIO_WINDOW = 256 * 1024 * 1024

Advance = Callable[[int], None]

_PACKINGS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}


class DamagedError(Exception):
    """The rest of a file cannot be read; the message says why, in words."""


def packing_of(name: str) -> str | None:
    """How a file is packed, by its ending; None for one that is not."""
    return _PACKINGS.get("." + ending_of(name).rpartition(".")[2])


def unpacked_name(name: str) -> str:
    """The file's last part without the ending of its packing."""
    last = ending_of(name)
    return last.rpartition(".")[0] if packing_of(name) else last


class Scale:
    """Weighs what comes out of an archive against what it takes of it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._given = self._taken = 0

    def weigh(self, given: int, taken: int) -> None:
        """So many more bytes come out of so many.

        Raises:
            DamagedError: where over a window more come out than any text packs into.
        """
        self._given += given
        self._taken += taken
        if self._given < RATIO_WINDOW:
            return
        if self._given > HIGHEST_RATIO * self._taken:
            raise DamagedError(f"{self._what} unpacks to more than {HIGHEST_RATIO} times its size")
        self._given = self._taken = 0


class Unpacked:
    """What a stretch of a file unpacks to."""

    def __init__(self, stretch: "_Stretch", packing: str | None) -> None:
        self._stretch = stretch
        self._packed = packing is not None
        self._take: Callable[[int], Any] = stretch.read
        if packing is not None:
            # pyarrow's `read` never frees its block where the archive is damaged.
            self._take = pa.CompressedInputStream(pa.PythonFile(stretch, "r"), packing).read_buffer
        self._scale = Scale("the compressed file")
        self._weighed = 0
        self._place = 0

    def read(self, size: int = BLOCK) -> bytes:
        """Up to `size` bytes; none at the end.

        Raises:
            DamagedError: where the archive is truncated, damaged or a bomb.
        """
        try:
            block = bytes(self._take(size))
        except (OSError, pa.ArrowException) as error:
            raise DamagedError(
                f"the compressed file is truncated or damaged ({first_line(error)})"
            ) from error
        if self._packed:
            taken = self._stretch.taken
            if not taken:
                raise DamagedError("the compressed file is empty")
            self._scale.weigh(len(block), taken - self._weighed)
            self._weighed = taken
        self._place += len(block)
        return block

    def tell(self) -> int:
        """Bytes that were read."""
        return self._place

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Everything, block by block."""
        while block := self.read(size):
            yield block


class _Stretch(io.RawIOBase):
    """Bytes of a file from one place to another."""

    def __init__(self, file: Opened, part: Slice, advance: Advance) -> None:
        if part.start:
            file.seek(part.start)
        self._file, self._advance = file, advance
        self._left = part.end - part.start
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:  # noqa: ANN401 -- a writable buffer
        block = self.read(len(target))
        target[: len(block)] = block
        return len(block)

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._file.read(min(wanted, LARGEST_READ))
        # A damaged file may ask for more than it holds: room is made for what is there.
        while len(block) < wanted:
            more = self._file.read(min(wanted - len(block), LARGEST_READ))
            if not more:
                break
            block += more
        self._left -= len(block)
        self.taken += len(block)
        self._advance(len(block))
        return block


@contextmanager
def unpacked(part: Slice, advance: Advance) -> Iterator[Unpacked]:
    """The slice's bytes, from `start` to `end` of the file.

    Raises:
        DataError: where the file cannot be opened.
    """
    with (
        open_location(part.url, part.name) as file,
        _Stretch(file, part, advance) as stretch,
    ):
        yield Unpacked(stretch, packing_of(part.url))
