"""Lines of a file, and where a big file of lines is cut.

A cut lies at any block of a plain file, or at any frame of a .zst file that has several, so a
line may begin in one slice and end in the next: it belongs to the slice that it begins in. To
number the lines of the whole file, cutting counts the line ends before each cut, which unpacks
the file once (about 1 GB/s; a file of one frame is not cut and not looked at).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import zstandard

from auroram.corpus.readers.locations import Opened, is_url, open_location
from auroram.corpus.readers.records import LONGEST_RECORD
from auroram.corpus.readers.slice import PACKED_SHARE, TO_THE_END, Slice
from auroram.corpus.readers.unpacking import (
    SMALL_BLOCK,
    Advance,
    DamagedError,
    packing_of,
    unpacked,
)

_FRAME_HEADER = 18
_BLOCK_HEADER = 3
_CHECKSUM = 4
_RUN = 1
"""A block of this type is one byte, said once."""
_SKIPPABLE = 0x184D2A5


def lines_of(part: Slice, advance: Advance) -> Iterator[bytes | int]:
    """The lines that begin in the slice, without their ends; of one too long only its bytes.

    Raises:
        DamagedError: where the file cannot be unpacked to its end.
    """
    held: list[bytes] = []
    size = 0
    for block in _owned(part, advance):
        first, *others = block.split(b"\n")
        held.append(first)
        size += len(first)
        if others:
            yield b"".join(held) if size <= LONGEST_RECORD else size
            yield from others[:-1]
            held, size = [others[-1]], len(others[-1])
        elif size > LONGEST_RECORD:
            held = []
    if size:
        yield b"".join(held) if size <= LONGEST_RECORD else size


def line_slices(whole: Slice, target: int) -> list[Slice]:
    """The slices of a file of lines, none of them without the beginning of a line.

    A file that lies elsewhere is one slice, as cutting it would fetch it twice.
    """
    places = [] if is_url(whole.url) else _cutting_places(whole, target)
    if not places:
        return [whole]
    cuts = list(_line_cuts(whole, places))
    ends = [*(cut.start for cut in cuts[1:]), TO_THE_END]
    size = whole.bytes
    return [
        replace(cut, end=end, bytes=min(end, size) - cut.start)
        for cut, end in zip(cuts, ends, strict=True)
    ]


def _owned(part: Slice, advance: Advance) -> Iterator[bytes]:
    last = b"\n"
    skip = part.skip
    with unpacked(part, advance) as stream:
        for block in stream.blocks():
            kept = block[skip:]
            skip -= min(skip, len(block))
            if kept:
                yield kept
                last = kept
    if part.end != TO_THE_END and not last.endswith(b"\n"):
        yield from _until_line_end(replace(part, start=part.end, end=TO_THE_END))


def _until_line_end(rest: Slice) -> Iterator[bytes]:
    with unpacked(rest, lambda _: None) as stream:
        for block in stream.blocks(SMALL_BLOCK):
            end = block.find(b"\n") + 1
            yield block[:end] if end else block
            if end:
                return


def _cutting_places(whole: Slice, target: int) -> list[int]:
    """Bytes of the file at which it may be cut, about `target` apart; none to leave it whole."""
    packing = packing_of(whole.url)
    if packing is None:
        return list(range(target, whole.bytes, target))
    if packing != "zstd" or whole.bytes <= target // PACKED_SHARE:
        return []
    places: list[int] = []
    for frame in _frames(whole):
        if frame - (places[-1] if places else 0) >= target // PACKED_SHARE:
            places.append(frame)
    return places


def _line_cuts(whole: Slice, places: Sequence[int]) -> Iterator[Slice]:
    """The first slice, and one for each place after which a line begins before the next."""
    yield whole
    lines, within = 0, False
    try:
        for start, end in pairwise([0, *places, TO_THE_END]):
            wanted, passed = start > 0, 0
            for block in _blocks(replace(whole, start=start, end=end)):
                line_end = block.find(b"\n") + 1 if within else 0
                if wanted and (line_end or not within):
                    skip = passed + line_end
                    yield replace(whole, start=start, first=lines + within, skip=skip)
                    wanted = False
                passed += len(block)
                lines += block.count(b"\n")
                within = not block.endswith(b"\n")
    except DamagedError:
        # Who reads the last slice meets the damage and says so.
        return


def _blocks(part: Slice) -> Iterator[bytes]:
    with unpacked(part, lambda _: None) as stream:
        yield from stream.blocks()


def _frames(whole: Slice) -> Iterator[int]:
    """First byte of each frame of a .zst file but the first; ends early where it is damaged.

    Only headers are read: one of 3 bytes for each 128 KiB of text.
    Source: RFC 8878, section 3.1.
    """
    with open_location(whole.url, whole.name) as file, suppress(zstandard.ZstdError, EOFError):
        place = _frame_end(file, 0)
        while place < whole.bytes:
            yield place
            place = _frame_end(file, place)


def _frame_end(file: Opened, place: int) -> int:
    file.seek(place)
    header = file.read(_FRAME_HEADER)
    if int.from_bytes(header[:4], "little") >> 4 == _SKIPPABLE:
        return place + 8 + int.from_bytes(header[4:8], "little")
    checksum = zstandard.get_frame_parameters(header).has_checksum
    place += zstandard.frame_header_size(header)
    is_last = False
    while not is_last:
        file.seek(place)
        block = file.read(_BLOCK_HEADER)
        if len(block) < _BLOCK_HEADER:
            raise EOFError
        is_last = bool(block[0] & 1)
        is_run = block[0] >> 1 & 3 == _RUN
        place += _BLOCK_HEADER + (1 if is_run else int.from_bytes(block, "little") >> 3)
    return place + (_CHECKSUM if checksum else 0)
