"""What people, and software, decided on drafts: an append-only log with a hash chain.

Each entry's digest covers its number, the digest before it and the decision, so an entry cannot
be changed, taken out or moved without the log showing it. Nothing in the log names a person: a
reviewer is an account's id, and only the desk's own table of accounts knows whose that is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from auroram.records.canonical import Json, digest
from auroram.records.draft import Actor
from auroram.records.json_lines import read_json_lines

Task = Literal["review", "adjudicate"]
"""A review is one of several blind ones; an adjudication ends what they left open."""

Verdict = Literal["accept", "edit", "reject", "escalate", "undo"]
"""`undo` takes back an earlier decision of the same reviewer, which `undoes` names."""

Flag = Literal["over-refusal", "personal-data", "operational-detail"]
"""What a reviewer saw beside the verdict."""

AXES = ("harmlessness", "explanation", "openness", "culture", "language")
"""Axes of quality, each scored from 0 (bad) to 4 (good): does no harm; explains itself and helps
on; does not evade; fits the culture; reads well in its language."""

GENESIS = "0" * 64
"""Stands for the digest before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One reviewer's word on one draft."""

    item: str
    """Id of the draft."""
    draft_sha256: str
    """Digest of the draft as it was decided on."""
    task: Task
    verdict: Verdict
    answer: str = ""
    """The answer as edited; empty for every verdict but `edit`."""
    scores: Mapping[str, int] = field(default_factory=dict)
    """Axis to its score; an axis that was not scored is left out."""
    flags: tuple[Flag, ...] = ()
    note: str = ""
    undoes: int = 0
    """Number of the entry that `undo` takes back; 0 for every other verdict."""
    reviewer: str
    """Id of the account."""
    actor: Actor
    """Whether the account is a person's."""
    guideline: str
    """Version of the guideline that held."""
    started_at: str
    """When the reviewer was handed the draft; ISO 8601, UTC."""
    at: str
    """When the decision was made; ISO 8601, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A decision at its place in the log."""

    number: int
    """Counted from 1, without gaps."""
    previous: str
    """Digest of the entry before; `GENESIS` for the first."""
    decision: Decision
    sha256: str
    """Digest of the three fields above."""


def sealed(decision: Decision, *, after: Entry | None) -> Entry:
    """The decision as the entry that follows `after`, or as the first."""
    number, previous = (after.number + 1, after.sha256) if after else (1, GENESIS)
    sha256 = _seal(number, previous, decision)
    return Entry(number=number, previous=previous, decision=decision, sha256=sha256)


def fault_of(log: Sequence[Entry], *, length: int | None = None) -> str:
    """What is wrong with the log, naming the first entry that is not as it was; empty if nothing.

    Args:
        log: the entries in the order in which they stand.
        length: how many there must be; None where nobody wrote it down.
    """
    numbers = {entry.sha256: entry.number for entry in log}
    previous = GENESIS
    for place, entry in enumerate(log, start=1):
        if entry.sha256 != _seal(entry.number, entry.previous, entry.decision):
            return _unsealed(entry, numbers)
        if entry.number > place and not any(other.number == place for other in log):
            return f"decision {place} is missing: decision {entry.number} stands in its place"
        if entry.number != place:
            return f"decision {entry.number} was moved: it stands at place {place}"
        if entry.previous != previous:
            return f"decision {place - 1} was replaced: decision {place} was sealed after another"
        previous = entry.sha256
    if length is not None and len(log) < length:
        return f"decision {len(log) + 1} is missing: the log once had {length}"
    return ""


def read_decisions(path: Path) -> Iterator[Entry]:
    """The entries of a file of JSON lines, in order; the chain is not checked."""
    for record in read_json_lines(path):
        yield entry_of(record)


def entry_of(record: Json) -> Entry:
    """The entry that a JSON object holds."""
    return Entry(**{**record, "decision": decision_of(record["decision"])})


def decision_of(record: Json) -> Decision:
    """The decision that a JSON object holds."""
    return Decision(**{**record, "flags": tuple(record["flags"])})


def _seal(number: int, previous: str, decision: Decision) -> str:
    return digest({"number": number, "previous": previous, "decision": decision})


def _unsealed(entry: Entry, numbers: Mapping[str, int]) -> str:
    """An entry is either changed, or whole but under another's number."""
    true_number = numbers.get(entry.previous, 0) + 1
    for number in {true_number, entry.number - 1, entry.number + 1}:
        if entry.sha256 == _seal(number, entry.previous, entry.decision):
            return f"decision {number} was moved: it stands as decision {entry.number}"
    return f"decision {entry.number} was changed"
