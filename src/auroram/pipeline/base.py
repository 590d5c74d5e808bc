"""The stage before the first: brings the base model into the run."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from auroram.model.tokenizer import TEMPLATE, load_tokenizer
from auroram.ports import Inputs, Progress
from auroram.records.manifest import Outcome
from auroram.records.message import Message


class BaseModel(Protocol):
    """Settings that can bring a model: the adapters' classes."""

    @property
    def kind(self) -> str:
        """The kind of place the model comes from."""
        ...

    @property
    def licence(self) -> str:
        """SPDX id of the model's licence."""
        ...

    def files(self) -> tuple[str, ...]:
        """Paths, relative to the recipe, that are read."""
        ...

    def fetch(self, root: Path, cache: Path, progress: Progress) -> Path:
        """A Hugging Face folder with the model, fetched and converted where need be."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The base model seen as a stage."""

    model: BaseModel
    chat_template: str = ""
    """A file that stands in the place of the model's own template; empty to keep that."""
    room: ClassVar[str] = "adapters"

    @property
    def kind(self) -> str:
        """Always `base`."""
        return "base"

    def reads(self) -> tuple[str, ...]:
        """Nothing comes before the base."""
        return ()

    def files(self) -> tuple[str, ...]:
        """What the model is read from, where that is beside the recipe, and the template."""
        return (*self.model.files(), *((self.chat_template,) if self.chat_template else ()))


def run(settings: Base, inputs: Inputs, out: Path) -> Outcome:
    """Fetch the model into the user's cache, once for all runs, and link its files here.

    Raises:
        DataError: where the chat template is broken, or takes no question.
    """
    source = settings.model.fetch(inputs.root, cache_folder(), inputs.progress)
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = out / "model" / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        _link(file, target)
    if settings.chat_template:
        _put_template(inputs.root / settings.chat_template, out / "model")
    return Outcome(facts={"licence": settings.model.licence, "kind": settings.model.kind})


def _put_template(file: Path, folder: Path) -> None:
    target = folder / TEMPLATE
    target.unlink(missing_ok=True)  # a link to the cache's own must not be written through
    shutil.copyfile(file, target)
    load_tokenizer(folder).chat([Message(role="user", content="")], reply=True)


def cache_folder() -> Path:
    """Where converted models are kept for all runs of a user (XDG base directories)."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "auroram"


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(file, target)
