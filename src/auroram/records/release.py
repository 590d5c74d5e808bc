"""What a release of reviewed exchanges says: its items, its pairs, and its facts.

A release is a folder that never changes: `items.jsonl`, `preferences.jsonl` and `decisions.jsonl`
are what it says, and their digest is its identity; the other files show the same in other forms.
`release.json` names every file with its SHA-256.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auroram.errors import DataError
from auroram.records.json_lines import read_json_lines
from auroram.records.manifest import OutputFile

ITEMS = "items.jsonl"
PREFERENCES = "preferences.jsonl"
DECISIONS = "decisions.jsonl"
FACTS = "release.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An exchange whose answer was accepted."""

    id: str
    """Of the draft that it came from."""
    language: str
    kind: Literal["harmful", "benign"]
    concern: str
    request: str
    answer: str
    drafted_answer: str
    """The answer before anybody changed it."""
    split: Literal["train", "test"]
    template: str
    cluster: str
    source: str
    licence: str
    source_date: str
    source_sha256: str
    attack: str = ""
    """How the request was dressed up, its mutations joined by `+`; empty where it was not."""
    older_than_requirement: bool
    drafted_by: str
    reviewed: bool
    """Whether a person chose this very answer."""
    by_people: int
    """How many of the decisions that chose this answer are people's."""
    by_software: int
    decisions: tuple[int, ...]
    """Numbers of the decisions that chose this answer, in the log beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A draft that was edited: what was chosen over what."""

    id: str
    language: str
    concern: str
    split: Literal["train", "test"]
    prompt: str
    chosen: str
    rejected: str
    reviewed: bool
    """Whether a person chose the edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """A release on one page."""

    name: str
    digest: str
    """Of what the release says: items, preferences and decisions."""
    log_number: int
    """How long the log was."""
    log_sha256: str
    """Digest of its last entry, which a later log must still hold."""
    drafts: int
    accepted: int
    rejected: int
    disputed: int
    open: int
    reviewed: int
    """Accepted exchanges whose answer a person chose."""
    unreviewed: int
    """Accepted exchanges whose answer software alone chose."""
    decisions_by_people: int
    decisions_by_software: int
    people: int
    """Accounts of people that decided."""
    software: int
    """Accounts of software that decided."""
    guidelines: tuple[str, ...]
    first_at: str
    """When the first decision was made; empty where there is none."""
    last_at: str
    files: tuple[OutputFile, ...]


def read_released(path: Path) -> Iterator[Released]:
    """The items of a release, in order."""
    for record in read_json_lines(path):
        yield Released(**{**record, "decisions": tuple(record["decisions"])})


def read_facts(folder: Path) -> ReleaseFacts:
    """What the release in a folder says of itself; its files are not looked at.

    Raises:
        DataError: where the folder holds no release.
    """
    try:
        table = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        files = tuple(OutputFile(**file) for file in table["files"])
        return ReleaseFacts(**(table | {"files": files, "guidelines": tuple(table["guidelines"])}))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{folder}: not a release ({error}); `auroram review release` makes one"
        ) from None
