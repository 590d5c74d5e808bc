"""The cache key of a stage: equal keys mean that running it again would change nothing.

But for takedowns, which hold from a stage's next start (docs/decisions/0007).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import auroram
from auroram.corpus.readers.locations import is_told_apart, is_url, shown, versions_of
from auroram.records.canonical import Json, digest, plain
from auroram.records.files import sha256_of
from auroram.settings import CIRCUMSTANCE, StageSettings

SHARED = ("records", "text", "tokens", "stats", "model", "errors.py", "ports.py", "settings.py")
"""What every room may use: a change here can change any stage."""


def cache_key(
    stage: StageSettings, *, seed: int, inputs: Mapping[str, str], sources: Mapping[str, str]
) -> str:
    """Digest of all that decides a stage's output on one machine.

    Args:
        stage: the settings, with their defaults.
        seed: of the recipe.
        inputs: name of each earlier stage that is read, to the digest of its manifest.
        sources: path of each file that is read, to its SHA-256; URL of each, to its version.
    """
    return digest(
        {
            "settings": deciding(stage),
            "seed": seed,
            "inputs": inputs,
            "sources": sources,
            "code": code_version(stage.room),
        }
    )


def deciding(stage: StageSettings) -> Json:
    """The settings that decide what comes out, and not where the work is done."""
    assert is_dataclass(stage)
    named = fields(stage)
    elsewhere = {field.name for field in named if field.metadata.keys() & CIRCUMSTANCE.keys()}
    return {name: value for name, value in plain(stage).items() if name not in elsewhere}


@cache
def code_version(room: str) -> str:
    """SHA-256 over the sources of a room and of the layers below the rooms.

    Rooms never import one another, so a change in one leaves the others' work valid.
    """
    package = Path(auroram.__file__).parent
    total = hashlib.sha256()
    for part in sorted({room, *SHARED}):
        place = package / part
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and not _is_compiled(file):
                total.update(file.relative_to(package).as_posix().encode() + b"\0")
                total.update(file.read_bytes() + b"\0")
    return total.hexdigest()


def _is_compiled(file: Path) -> bool:
    """Whether Python, or a kernel's first call (`text.compiled`), wrote the file."""
    return any(part == "__pycache__" or part.startswith("kernels-") for part in file.parts)


def source_digests(root: Path, files: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of each file that a recipe names, but for URLs; a folder stands for all in it."""
    return {name: sha256_of(path) for name, path in _local_files(root, files)}


def source_states(root: Path, files: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Bytes, and when it was last written (ns), of each file that `source_digests` reads."""
    states = ((name, path.stat()) for name, path in _local_files(root, files))
    return {name: (state.st_size, state.st_mtime_ns) for name, state in states}


def _local_files(root: Path, files: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for name in files:
        if is_url(name):
            continue
        place = root / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                yield (Path(name) / path.relative_to(place)).as_posix(), path


def source_versions(files: tuple[str, ...]) -> dict[str, str]:
    """What servers say of each file at a URL that changes with it; nothing of it is fetched.

    Raises:
        DataError: where there is no such file.
        RunError: where it cannot be reached.
    """
    versions: dict[str, str] = {}
    for url in filter(is_url, files):
        versions |= versions_of(url, shown(url))
    return versions


def unchecked(sources: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence on the URLs of which no server says when they change, where there are any."""
    silent = [name for name in sources if is_url(name) and not is_told_apart(sources[name])]
    if not silent:
        return ()
    named = shown(silent[0]) + (f" and {len(silent) - 1} more" if silent[1:] else "")
    return (
        f"{named}: the server says no version and no time of change, so a change that keeps the "
        "size is not noticed",
    )
