"""A wheel of a package index, fetched with the user's own pip and held against its digest."""

import subprocess
import sys
from pathlib import Path

from auroram.errors import DataError, RunError
from auroram.records.files import sha256_of


def download_wheel(requirement: str, sha256: str, folder: Path) -> Path:
    """The wheel's file in the folder, which must hold no other.

    Raises:
        RunError: where pip cannot download it.
        DataError: where it is not the one that is meant.
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


def _last_error(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("WARNING")]
    return lines[-1].removeprefix("ERROR: ") if lines else f"exit code {done.returncode}"
