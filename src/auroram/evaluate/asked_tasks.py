"""Which tasks a stage's settings ask for; no data is read and no model is needed for it."""

from collections.abc import Collection
from pathlib import Path

from auroram.errors import DataError
from auroram.evaluate.tasks.catalog import find_tasks
from auroram.evaluate.tasks.task import Task
from auroram.evaluate.tasks_settings import Tasks

HELD_OUT = "held_out"
"""Stands for the languages that the corpus has."""


def asked_tasks(settings: Tasks, root: Path, held_out: Collection[str] = ()) -> list[Task]:
    """The tasks as their files describe them, in order.

    Args:
        settings: of the stage.
        root: the recipe's folder.
        held_out: languages of the corpus's held-out documents.

    Raises:
        DataError: where a task or a folder is not found, a task's file is wrong, or data is named
            for a task that is not asked.
    """
    names = [
        name
        for one in settings.tasks
        for name in ([f"{HELD_OUT}_{tag}" for tag in held_out] if one == HELD_OUT else []) or [one]
    ]
    places = [str(root / one) if one.endswith((".yaml", ".yml")) else one for one in names]
    tasks = find_tasks(places, [root / folder for folder in settings.folders])
    asked = [task.name for task in tasks]
    if strangers := sorted(settings.data.keys() - set(asked)):
        raise DataError(f"data: no task {strangers[0]!r} is asked; asked are {', '.join(asked)}")
    return tasks
