"""What a piece of work left behind once it is done, so that it is not done again.

A piece writes its files first and its note last. A note that is there means that the files are
whole; a kill before it leaves the piece to be done anew. Neither is synced to the disk, so no note
is believed after the machine was started anew.
"""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from auroram.records.canonical import Json
from auroram.records.files import atomic_path, write_text

_WORK = ".work"
_KEY = "key"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def once(note: Path, work: Callable[[], Json]) -> Json:
    """What the work answers, or what its note says that it answered before."""
    if note.exists():
        kept: Json = json.loads(note.read_text())
        return kept
    answer = work()
    with working_path(note) as beside:
        beside.write_text(json.dumps(answer))
    return answer


def working_path(path: Path) -> AbstractContextManager[Path]:
    """As `atomic_path`, for a file that is gone when the stage ends."""
    return atomic_path(path, durable=False)


def work_folder(out: Path, key: str) -> Path:
    """The folder for a stage's pieces, emptied unless they were done under this key.

    Args:
        out: the stage's folder.
        key: of the stage; where it is empty, nothing is kept.
    """
    work = out / _WORK
    if not _is_kept(work, key):
        shutil.rmtree(work, ignore_errors=True)
        write_text(work / _KEY, f"{key} {_start_of_machine()}")
    return work


def _is_kept(folder: Path, key: str) -> bool:
    """Whether the folder holds work done under this key since the machine was started."""
    note = folder / _KEY
    return bool(key) and note.is_file() and note.read_text() == f"{key} {_start_of_machine()}"


def _start_of_machine() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return "unknown"
