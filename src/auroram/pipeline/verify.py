"""Re-hashes a run: every file against its manifest, every manifest against those it names."""

from collections.abc import Iterator
from pathlib import Path

from auroram.errors import IntegrityError
from auroram.pipeline.run_folder import RunFolder
from auroram.ports import Progress
from auroram.records.files import sha256_of
from auroram.records.manifest import MANIFEST_NAME, Finished, OutputFile


def verify(folder: RunFolder, progress: Progress) -> int:
    """Check the whole run; returns the number of files that were hashed.

    Raises:
        IntegrityError: naming the first thing that was touched.
    """
    finished = folder.finished()
    total = sum(file.size_bytes for stage in finished.values() for file in stage.manifest.files)
    progress.start("verify", total=total, unit="bytes")
    count = 0
    for name, stage in finished.items():
        _check_inputs(name, stage, finished)
        for file in stage.manifest.files:
            _check_file(stage.folder, file)
            progress.advance(file.size_bytes)
            count += 1
        for stranger in _strangers(stage):
            raise IntegrityError(
                f"{stranger}: not in the manifest of its stage; remove it, or run the stage again"
            )
    return count


def _check_inputs(name: str, stage: Finished, finished: dict[str, Finished]) -> None:
    for read, stated in stage.manifest.inputs.items():
        if read not in finished:
            raise IntegrityError(
                f"{stage.folder}: was made from stage {read!r}, which is not finished; run again"
            )
        if finished[read].manifest.digest != stated:
            raise IntegrityError(
                f"{finished[read].folder}: changed after {name!r} was made from it; run again"
            )


def _check_file(folder: Path, file: OutputFile) -> None:
    path = folder / file.path
    if not path.is_file():
        raise IntegrityError(f"{path}: missing, but its manifest lists it; run again")
    if path.stat().st_size != file.size_bytes or sha256_of(path) != file.sha256:
        raise IntegrityError(
            f"{path}: changed since it was written; delete its stage's folder and run again"
        )


def _strangers(stage: Finished) -> Iterator[Path]:
    known = {file.path for file in stage.manifest.files} | {MANIFEST_NAME}
    for path in sorted(stage.folder.rglob("*")):
        inside = path.relative_to(stage.folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.as_posix() not in known:
            yield path
