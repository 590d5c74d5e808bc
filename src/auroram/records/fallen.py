"""Fallen documents: those of a corpus stage that were taken down and are not exported any more.

They lie beside the stage's folder, as `<stage>.fallen.jsonl`, so that its documents stay what its
manifest says. They are named by id, so they count in whatever the stage writes anew, and whether or
not a token stage has read it; in its shards they have tombstones (`tombstones.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auroram.records.json_lines import read_rows, write_json_lines

_ENDING = ".fallen.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FallenDocument:
    """A document that was taken down."""

    document: str
    """Its id; it may be that of a copy, which the stage dropped."""
    request: str
    """What the takedown list says, such as `domain example.org`."""
    through: str
    """Id of the document that the request names, where this one is its copy; else empty."""
    reason: str
    requested_at: str


def fallen_file(folder: Path) -> Path:
    """Where the fallen documents of the corpus stage in `folder` lie."""
    return folder.with_name(folder.name + _ENDING)


def read_fallen(folder: Path) -> tuple[FallenDocument, ...]:
    """All fallen documents of the corpus stage in a folder; none where nothing was taken down.

    Raises:
        DataError: where the file is damaged.
    """
    mend = "delete it and run `auroram takedown` again with the whole list"
    return read_rows(fallen_file(folder), FallenDocument, mend=mend)


def write_fallen(folder: Path, fallen: Iterable[FallenDocument]) -> Path:
    """Write the fallen documents beside the corpus stage in a folder, sorted; returns the file."""
    path = fallen_file(folder)
    write_json_lines(path, sorted(fallen))
    return path
