"""A model that lies in a Hugging Face folder already."""

from pathlib import Path
from typing import Literal

from auroram.errors import DataError
from auroram.ports import Progress
from auroram.settings import settings


@settings
class FolderModel:
    """A Hugging Face folder: configuration, safetensors, tokenizer."""

    kind: Literal["folder"] = "folder"
    path: str
    """The folder, relative to the recipe."""
    licence: str
    """SPDX id of the model's licence."""

    def files(self) -> tuple[str, ...]:
        """The folder, which stands for all files in it."""
        return (self.path,)

    def fetch(self, root: Path, cache: Path, progress: Progress) -> Path:  # noqa: ARG002
        """The folder itself.

        Raises:
            DataError: where it is not a whole model folder.
        """
        folder = root / self.path
        check_model_folder(folder)
        return folder


def check_model_folder(folder: Path) -> None:
    """Refuse a folder without configuration, tokenizer or safetensors.

    Raises:
        DataError: naming what is missing.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; name a Hugging Face model folder")
    missing = [
        pattern
        for pattern in ("config.json", "tokenizer.json", "*.safetensors")
        if not any(folder.glob(pattern))
    ]
    if missing:
        raise DataError(
            f"{folder}: not a model folder that can be used (no {', '.join(missing)}); "
            "save the model with its tokenizer as safetensors"
        )
