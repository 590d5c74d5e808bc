"""Protocols that several stages need, and what a stage is handed when it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from auroram.records.manifest import Finished


class Progress(Protocol):
    """Where a long job tells how far it is. One task at a time."""

    def start(self, task: str, *, total: int, unit: str, done: int = 0) -> None:
        """A task begins, `done` of `total` units being finished already."""
        ...

    def advance(self, units: int, **figures: float) -> None:
        """So many more units are done; figures such as `loss` are shown beside."""
        ...

    def say(self, sentence: str) -> None:
        """A line worth keeping in the log."""
        ...


class Silent:
    """The progress of a test or a library call: nothing is shown."""

    def start(self, task: str, *, total: int, unit: str, done: int = 0) -> None:
        """Say nothing."""

    def advance(self, units: int, **figures: float) -> None:
        """Say nothing."""

    def say(self, sentence: str) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the pipeline hands to a stage's `run(settings, inputs, out) -> Outcome`."""

    root: Path
    """The recipe's folder: relative paths in settings start here."""
    name: str
    """The stage's own name in the recipe."""
    seed: int
    stages: Mapping[str, Finished]
    """The earlier stages that the settings read."""
    progress: Progress

    def folder(self, stage: str) -> Path:
        """Where the files of an earlier stage lie."""
        return self.stages[stage].folder

    def model(self, stage: str) -> Path:
        """The Hugging Face folder that an earlier stage made."""
        return self.folder(stage) / "model"

    def path(self, file: str) -> Path:
        """A file that the recipe names."""
        return self.root / file
