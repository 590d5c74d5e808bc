"""A model on the Hugging Face hub, pinned to one commit."""

import errno
import re
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import huggingface_hub
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

from auroram.adapters.cache import cached_model
from auroram.adapters.folder import check_model_folder
from auroram.errors import DataError, RunError
from auroram.ports import Progress
from auroram.records.canonical import digest
from auroram.records.files import UNFINISHED
from auroram.settings import settings

UNKNOWN = (RepositoryNotFoundError, RevisionNotFoundError)
"""What the hub answers to a wrong name or commit."""

WANTED = (
    "config.json",
    "generation_config.json",
    "model*.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
)
"""What is downloaded: no pickled weights, no code."""


@settings
class HubModel:
    """A model repository of the hub."""

    kind: Literal["hub"] = "hub"
    id: str
    """`owner/name`."""
    revision: str
    """The commit, 40 hexadecimal digits: a branch or a tag may move."""
    licence: str
    """SPDX id of the model's licence."""

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{40}", self.revision):
            raise ValueError(
                f"revision must be a commit of 40 digits of 0-9 and a-f (got {self.revision!r}), "
                "as the repository's history shows it; branches and tags move"
            )

    def files(self) -> tuple[str, ...]:
        """Nothing beside the recipe is read."""
        return ()

    def fetch(self, root: Path, cache: Path, progress: Progress) -> Path:  # noqa: ARG002
        """The downloaded folder, in the cache under id and commit.

        Raises:
            RunError: where the hub cannot be reached.
            DataError: where the repository has no such commit, or no safetensors.
        """
        key = digest([self.id, self.revision])[:16]
        return cached_model(cache, key, lambda folder: self._make(folder, progress))

    def _make(self, folder: Path, progress: Progress) -> None:
        progress.say(f"downloading {self.id} at {self.revision[:12]}")
        with tempfile.TemporaryDirectory(
            prefix=f"{folder.name}.", suffix=UNFINISHED, dir=folder.parent
        ) as beside:
            # Not `beside` itself: without a network the library takes a folder that is there
            # for one that it had filled before.
            model = Path(beside) / "model"
            self._download(model)
            # The library's own notes hold times, so they would differ from one user to the next.
            shutil.rmtree(model / ".cache", ignore_errors=True)
            check_model_folder(model)
            model.replace(folder)

    def _download(self, folder: Path) -> None:
        try:
            huggingface_hub.snapshot_download(
                self.id, revision=self.revision, local_dir=folder, allow_patterns=list(WANTED)
            )
        except (ValueError, *UNKNOWN) as error:
            raise DataError(
                f"{self.id} at {self.revision[:12]}: the hub has no such model ({_first(error)}); "
                "correct `id` or `revision` in the recipe"
            ) from None
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
            # The library lets the errors of its HTTP client through, and has changed that client.
            raise RunError(
                f"{self.id}: cannot be downloaded ({_first(error)}); check the network and run "
                "again, or name a folder that holds the model"
            ) from error


def _first(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
