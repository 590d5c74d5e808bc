"""Reading a release, and refusing one that is not what it says."""

import json
from dataclasses import dataclass
from pathlib import Path

from auroram.errors import DataError, IntegrityError
from auroram.records.decision import GENESIS, fault_of, read_decisions
from auroram.records.files import sha256_of
from auroram.records.manifest import OutputFile
from auroram.records.release import DECISIONS, FACTS, ITEMS, Released, ReleaseFacts, read_released


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
    facts = _facts(folder / FACTS)
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


def _facts(path: Path) -> ReleaseFacts:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        files = tuple(OutputFile(**file) for file in table["files"])
        return ReleaseFacts(**(table | {"files": files, "guidelines": tuple(table["guidelines"])}))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path.parent}: not a release ({error}); `auroram review release` makes one"
        ) from None
