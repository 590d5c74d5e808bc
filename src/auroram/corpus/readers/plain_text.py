"""A plain text file as one record."""

from collections.abc import Iterator

from auroram.corpus.readers.records import LONGEST_RECORD, Found, Record, bad
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.unpacking import Advance, Unpacked, unpacked
from auroram.corpus.sources import Fields
from auroram.text.encodings import not_utf_8

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_plain_text(part: Slice, fields: Fields, advance: Advance) -> Iterator[Found]:
    """One record, the file."""
    del fields
    with unpacked(part, advance) as stream:
        content, size = bounded(stream)
    if size > LONGEST_RECORD:
        detail = f"the file is over {LONGEST_RECORD} bytes"
        yield bad(f"{part.name}:1", "too-long", detail, size)
        return
    try:
        yield Record(place=f"{part.name}:1", text=content.removeprefix(BYTE_ORDER_MARK).decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        yield bad(f"{part.name}:{line}", "not-utf-8", not_utf_8(content, error), size)


def bounded(stream: Unpacked) -> tuple[bytes, int]:
    """All that the stream holds and its bytes; of one longer than a record the start only."""
    kept: list[bytes] = []
    size = 0
    for block in stream.blocks():
        size += len(block)
        if size <= LONGEST_RECORD:
            kept.append(block)
    return b"".join(kept), size
