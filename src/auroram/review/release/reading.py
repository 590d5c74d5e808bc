"""Reading a release, and refusing one that is not what it says."""

from dataclasses import dataclass
from pathlib import Path

from auroram.errors import IntegrityError
from auroram.records.decision import GENESIS, fault_of, read_decisions
from auroram.records.files import sha256_of
from auroram.records.release import (
    DECISIONS,
    ITEMS,
    Released,
    ReleaseFacts,
    read_facts,
    read_released,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release whose files are as they were written."""

    folder: Path
    facts: ReleaseFacts
    items: tuple[Released, ...]


def read_release(folder: Path) -> Release:
    """The release in a folder.

    Raises:
        DataError: where the folder holds none.
        IntegrityError: naming the file, or the decision, that was changed.
    """
    facts = read_facts(folder)
    for file in facts.files:
        path = folder / file.path
        if not path.is_file() or sha256_of(path) != file.sha256:
            raise IntegrityError(
                f"{path}: missing or changed since the release was made; copy it anew"
            )
    log = list(read_decisions(folder / DECISIONS))
    head = log[-1].sha256 if log else GENESIS
    fault = fault_of(log, length=facts.log_number)
    if fault or head != facts.log_sha256:
        raise IntegrityError(f"{folder}: {fault or 'its log is another'}; copy the release anew")
    return Release(folder=folder, facts=facts, items=tuple(read_released(folder / ITEMS)))
