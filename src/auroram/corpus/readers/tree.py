"""Files of a source tree, each a record of code named by its path.

What is hidden, vendored, generated, binary or no code is skipped and counted.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from auroram.corpus.readers.code_files import reason_by_content, reason_by_path, stated_licence
from auroram.corpus.readers.locations import below, files_below, is_url, size_of
from auroram.corpus.readers.plain_text import BYTE_ORDER_MARK, bounded
from auroram.corpus.readers.records import Found, Record, Skipped
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.unpacking import Advance, unpacked
from auroram.corpus.sources import Fields

LONGEST_FILE = 1024 * 1024
"""Bytes of the longest file that is taken for code: longer ones are data."""
_MOST_FILES = 1000


def tree_slices(whole: Slice, target: int) -> list[Slice]:
    """Files in the order of their paths, up to `target` bytes or 1000 files together."""
    parts: list[Slice] = []
    members: list[str] = []
    size = 0
    for path, bytes_ in files_below(whole.url, whole.name).items():
        members.append(path)
        size += max(0, bytes_)
        if size >= target or len(members) == _MOST_FILES:
            parts.append(replace(whole, members=tuple(members), bytes=size))
            members, size = [], 0
    if members or not parts:
        parts.append(replace(whole, members=tuple(members), bytes=size))
    return parts


def read_tree(part: Slice, fields: Fields, advance: Advance) -> Iterator[Found]:
    """One record, or one thing skipped, a file.

    A file in another encoding than UTF-8 is skipped like a binary one, as trees hold some.
    """
    del fields
    for path in part.members:
        file = replace(
            part, url=below(part.url, path), name=f"{part.name}/{path}", members=(), bytes=0
        )
        reason = "link" if _is_link(file.url) else reason_by_path(path)
        yield _skipped(file, reason, advance) if reason else _found(file, path, advance)


def _skipped(file: Slice, reason: str, advance: Advance) -> Skipped:
    size = 0 if reason == "link" else size_of(file.url, file.name)
    advance(size)
    return Skipped(place=file.name, reason=reason, bytes=size)


def _found(file: Slice, path: str, advance: Advance) -> Found:
    with unpacked(file, advance) as stream:
        content, size = bounded(stream)
    reason = "too-long" if size > LONGEST_FILE else reason_by_content(content)
    if reason:
        return Skipped(place=file.name, reason=reason, bytes=size)
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError:
        return Skipped(place=file.name, reason="not-utf-8", bytes=size)
    return Record(place=file.name, text=text, id=path, licence=stated_licence(content))


def _is_link(url: str) -> bool:
    return not is_url(url) and Path(url).is_symlink()
