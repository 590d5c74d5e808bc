"""The user's cache of what was fetched or converted: one folder for each thing, made once."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from auroram.records.canonical import Json
from auroram.records.files import UNFINISHED, sha256_of, write_text


def cached_model(
    cache: Path, key: str, make: Callable[[Path], None], *, shelf: str = "models"
) -> Path:
    """The folder `<shelf>/<key>` of the cache; `make` writes it where it is not there.

    `make` is given the folder's path and must let it appear whole. One process at a time makes a
    model, the others wait for it; what a killed process left is removed. Runs share the folder's
    files by hard links, so a file that was changed since is found by its digest, and the model
    is made anew.
    """
    folder = cache / shelf / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(f"{key}.lock")):
        for waste in folder.parent.glob(f"{key}.*{UNFINISHED}"):
            shutil.rmtree(waste, ignore_errors=True)
        listed = folder.with_name(f"{key}.json")
        if not (listed.is_file() and json.loads(listed.read_text()) == _digests(folder)):
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            write_text(listed, json.dumps(_digests(folder), indent=1) + "\n")
    return folder


def _digests(folder: Path) -> Json:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
