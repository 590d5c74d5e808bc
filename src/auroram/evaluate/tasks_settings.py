"""What a recipe can say about the stage that puts tasks to models."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import ClassVar, Literal

from auroram.evaluate.programs.settings import Programs
from auroram.model.choices import Precision
from auroram.records.endpoint import Endpoint
from auroram.settings import Count, Positive, settings


@settings
class Tasks:
    """Puts the same tasks to every model and keeps what each scored on each item."""

    kind: Literal["tasks"] = "tasks"
    room: ClassVar[str] = "evaluate"
    models: tuple[str, ...] = ()
    """Stages whose models are asked."""
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    """Further models by name, behind an OpenAI-compatible server such as vLLM."""
    tasks: tuple[str, ...]
    """Names of tasks, or paths of task files; a name without a language stands for all of its
    languages."""
    folders: tuple[str, ...] = ()
    """Folders with task files of your own."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Task to the file, or the folder with a file for each split, that holds its data."""
    documents: str = ""
    """The corpus stage whose held-out documents the task `held_out` reads."""
    limit: Positive | None = None
    """Of each task, only so many items, from the first on."""
    shots: Count | None = None
    """Worked examples before each question, in the place of what the tasks say."""
    repeats: Positive | None = None
    """Replies to each prompt of tasks that run programs, in the place of what they say."""
    slices: Positive = 1
    """Into how many pieces the items of a model are cut; the engine spreads them over its
    workers, each of which loads the model."""
    precision: Precision = "float32"
    """Of the matrix products."""
    programs: Programs = field(default_factory=Programs)
    """How programs that a model wrote are run."""

    def __post_init__(self) -> None:
        named = (*self.models, *self.endpoints)
        if not named or len(set(named)) < len(named):
            raise ValueError(f"models and endpoints must name at least one, each once ({named})")
        if not self.tasks:
            raise ValueError("tasks must name at least one task")

    def reads(self) -> tuple[str, ...]:
        """The models, and the corpus where it is read."""
        return (*self.models, *([self.documents] if self.documents else []))

    def files(self) -> tuple[str, ...]:
        """The files of tasks that are not our own, and the data that is named."""
        return (*self.folders, *self.data.values(), *_own_files(self.tasks))


def _own_files(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if Path(name).suffix in (".yaml", ".yml"))
