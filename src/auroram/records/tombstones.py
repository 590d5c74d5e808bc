"""Tombstones: tokens of a token stage that were taken down and are not learnt any more.

They lie beside the stage's folder, as `<stage>.tombstones.jsonl`, so that the shards stay what
their manifest says. Each names the shards that it counts in, as it means nothing in others.
Why so: docs/decisions/0007-takedown.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.records.json_lines import read_rows, write_json_lines

_ENDING = ".tombstones.jsonl"
_MASKED_NAME = "tombstones.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tombstone:
    """A document of a shard that is not learnt any more."""

    split: str
    domain: str
    start: int
    """First token, counted in the shard."""
    end: int
    """One past the last token."""
    document: str
    """Its id, or that of an exchange."""
    request: str
    """What the takedown list says, such as `domain example.org`."""
    through: str
    """Id of the document that the request names, where this one is its copy or was made from it;
    empty where it is the document itself."""
    reason: str
    requested_at: str
    tokens: str
    """Digest of the token stage's manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A document that a training stage stopped learning; noted in the stage's own folder."""

    domain: str
    document: str
    start: int
    """First token, counted in the shard."""
    end: int
    from_row: int
    """The first of its domain's rows, counted on and on as in `position.json`, that was read
    without learning the document."""


def tombstones_file(folder: Path) -> Path:
    """Where the tombstones of the token stage in `folder` lie."""
    return folder.with_name(folder.name + _ENDING)


def read_tombstones(folder: Path) -> tuple[Tombstone, ...]:
    """All tombstones of the token stage in a folder, sorted; none where nothing was taken down.

    Raises:
        DataError: where the file is damaged.
    """
    mend = "run `auroram takedown` again with the whole list"
    return read_rows(tombstones_file(folder), Tombstone, mend=mend)


def fallen_documents(run: Path) -> frozenset[str]:
    """Ids of all documents and exchanges that were taken down in a run, by its folder.

    Raises:
        DataError: where a file is damaged.
    """
    folders = [path.with_name(path.name.removesuffix(_ENDING)) for path in run.glob(f"*{_ENDING}")]
    return frozenset(one.document for folder in folders for one in read_tombstones(folder))


def valid_tombstones(folder: Path, tokens: str) -> tuple[Tombstone, ...]:
    """The tombstones of the token stage in a folder, all of which count in its shards.

    Args:
        folder: of the token stage.
        tokens: digest of its manifest.

    Raises:
        DataError: where some were set in shards that have been made anew since.
    """
    found = read_tombstones(folder)
    if any(one.tokens != tokens for one in found):
        raise DataError(
            f"{tombstones_file(folder)}: made for shards that are no more; run `auroram takedown` "
            "again to find the same documents in the new ones"
        )
    return found


def write_tombstones(folder: Path, tombstones: Iterable[Tombstone]) -> Path:
    """Write the tombstones beside the token stage in a folder, sorted; returns the file."""
    path = tombstones_file(folder)
    write_json_lines(path, sorted(tombstones))
    return path


def spans_of(tombstones: Sequence[Tombstone], split: str, domain: str) -> NDArray[np.int64]:
    """First and one past the last token of each tombstone of a shard; shape (spans, 2), rising."""
    spans = {
        (one.start, one.end) for one in tombstones if (one.split, one.domain) == (split, domain)
    }
    return np.array(sorted(spans), np.int64).reshape(-1, 2)


def write_masked(folder: Path, masked: Iterable[Masked]) -> None:
    """Note in a training stage's folder what it does not learn."""
    write_json_lines(folder / _MASKED_NAME, masked)


def read_masked(folder: Path) -> tuple[Masked, ...]:
    """What the training stage in a folder noted; nothing where nothing was taken down.

    Raises:
        DataError: where the file is damaged.
    """
    return read_rows(folder / _MASKED_NAME, Masked, mend="delete the stage's folder and run again")
