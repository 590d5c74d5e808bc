"""Files that appear whole or not at all, and their digests."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"
"""Ending of a file that is being written; one that is found later is waste and may go."""


@contextmanager
def atomic_path(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """A path beside `path` to write to; what was written there becomes `path` on leaving.

    The bytes are synced before the rename and the folder after it, so that a kill or a power
    cut leaves either the old file or the new one. If the block raises, `path` stays as it was.
    The path beside is one of its own each time, so two processes may write the same file.
    Working files need not be `durable`: they survive a kill, but are not synced, which takes
    longer than to write a small one, so they may be torn after a power cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        yield beside
        if durable:
            sync(beside)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if durable:
        sync(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a small file atomically."""
    with atomic_path(path) as beside:
        beside.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a small UTF-8 file atomically."""
    write_bytes(path, content.encode())


def is_file_name(name: str) -> bool:
    """Whether a file or folder of this name lies where it is put, and is not hidden.

    >>> is_file_name("news 2024"), is_file_name("../news"), is_file_name("")
    (True, False, False)
    """
    return bool(name) and not name.startswith(".") and not {"/", "\0"} & set(name)


def why_unreadable(error: Exception, form: str) -> str:
    """What a sentence says of a file that could not be read: it is not there, or of no such form.

    Args:
        error: what reading or parsing it raised.
        form: what the file should be, such as `TOML`.
    """
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not a file"
    return f"cannot be read as {form} ({error})"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; memory stays flat."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Bring a file's bytes, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
