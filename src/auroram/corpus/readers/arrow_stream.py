"""The messages of an Arrow stream, weighed before their buffers are unpacked.

A record batch is unpacked whole, however little of the file it takes. Each compressed buffer begins
with the bytes that it unpacks to, so what a message would take is known before.
Source: the Arrow columnar format 1.5, "IPC streaming format" and "Compression"; `Message.fbs`.
"""

import struct
from collections.abc import Iterator

import pyarrow as pa

from auroram.corpus.readers.unpacking import DamagedError, Scale, Unpacked

_DICTIONARY, _RECORD_BATCH = 2, 3
_KIND, _HEADER = 1, 2
"""Fields of a message."""
_DICTIONARY_DATA = 1
"""The field of a dictionary's message that holds its record batch."""
_BUFFERS, _COMPRESSION = 2, 3
"""Fields of a record batch."""
_OLD_COMPRESSION = b"ARROW:experimental_compression"
"""What said in the metadata of Arrow 0.17 that buffers are compressed."""
_RAW = -1
"""In place of its unpacked size: this buffer is as it is."""


class WeighedMessages:
    """The bytes of an Arrow stream, message by message, as a file that Arrow can read."""

    closed = False

    def __init__(self, stream: Unpacked) -> None:
        self._messages = _messages(stream)
        self._scale = Scale("a record batch")
        self._left = memoryview(b"")

    def read(self, size: int) -> bytes:
        """Up to `size` bytes of one message; none at the end.

        Raises:
            DamagedError: where what comes next is no message, or a bomb.
        """
        if not self._left:
            message = next(self._messages, None)
            if message is None:
                return b""
            self._scale.weigh(_unpacked_size(message), len(message.body or b""))
            self._left = memoryview(message.serialize())
        taken = bytes(self._left[:size])
        self._left = self._left[size:]
        return taken

    def close(self) -> None:
        """The stream is closed by who opened it."""


class _Readable:
    """What Arrow asks of a Python file."""

    closed = False

    def __init__(self, stream: Unpacked) -> None:
        self.read = stream.read

    def close(self) -> None:
        """The stream is closed by who opened it."""


def _messages(stream: Unpacked) -> Iterator[pa.ipc.Message]:
    yield from pa.ipc.MessageReader.open_stream(pa.PythonFile(_Readable(stream), "r"))


def _unpacked_size(message: pa.ipc.Message) -> int:
    """Bytes that the message's compressed buffers say that they unpack to."""
    try:
        sizes = _sizes(message.metadata.to_pybytes(), memoryview(message.body or b""))
    except (struct.error, IndexError) as error:
        raise DamagedError(f"not a whole Arrow stream (a message is damaged: {error})") from error
    return sum(sizes)


def _sizes(table: bytes, body: memoryview) -> list[int]:
    root = _reference(table, 0)
    kind, header = _field(table, root, _KIND), _reference(table, _field(table, root, _HEADER))
    if table[kind] == _DICTIONARY:
        header = _reference(table, _field(table, header, _DICTIONARY_DATA))
    elif table[kind] != _RECORD_BATCH:
        return []
    buffers = _field(table, header, _BUFFERS)
    compressed = _field(table, header, _COMPRESSION) or _OLD_COMPRESSION in table
    if not buffers or not compressed:
        return []
    first = _reference(table, buffers)
    (count,) = struct.unpack_from("<I", table, first)
    places = (struct.unpack_from("<qq", table, first + 4 + 16 * i) for i in range(count))
    return [_size(body, start, length) for start, length in places if length]


def _size(body: memoryview, start: int, length: int) -> int:
    (size,) = struct.unpack_from("<q", body, start)
    return length if size == _RAW else int(size)


def _field(table: bytes, place: int, number: int) -> int:
    """Where the value of a table's field lies; 0 where the field is left out."""
    (back,) = struct.unpack_from("<i", table, place)
    (size,) = struct.unpack_from("<H", table, place - back)
    if 6 + 2 * number > size:
        return 0
    (offset,) = struct.unpack_from("<H", table, place - back + 4 + 2 * number)
    return place + int(offset) if offset else 0


def _reference(table: bytes, place: int) -> int:
    (offset,) = struct.unpack_from("<I", table, place)
    return place + int(offset)
