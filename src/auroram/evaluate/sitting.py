"""One model sits all tasks. What it has answered, in this run or another, is not asked again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from auroram.evaluate.asked_tasks import asked_tasks
from auroram.evaluate.rows.source import Source
from auroram.evaluate.tasks.answer_store import AnswerStore
from auroram.evaluate.tasks.answers import Answer, answers, requests
from auroram.evaluate.tasks.items import Item, items_of
from auroram.evaluate.tasks.task import Task
from auroram.evaluate.tasks_settings import Tasks
from auroram.ports import Examinee, Progress


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What is asked: the tasks with their items, read when they are first needed."""

    settings: Tasks
    root: Path
    """The recipe's folder."""
    held_out: Mapping[str, Path]
    """Language to the corpus's held-out documents."""

    @cached_property
    def tasks(self) -> list[Task]:
        """The tasks, with what the settings say in the place of what their files say.

        Raises:
            DataError: where a task is not found or its file is wrong, or data is named for a task
                that is not asked.
        """
        tasks = asked_tasks(self.settings, self.root, self.held_out)
        return [self._told(task) for task in tasks]

    @property
    def items(self) -> list[list[Item]]:
        """The items of each task.

        Raises:
            DataError: where rows are missing or do not fit.
        """
        return [items for items, _ in self._read]

    @property
    def rows(self) -> list[int]:
        """How many rows each task has, those beyond the limit with them."""
        return [rows for _, rows in self._read]

    @cached_property
    def _read(self) -> list[tuple[list[Item], int]]:
        found = []
        for task in self.tasks:
            rows, pool = self.source.rows(task), self.source.examples(task)
            found.append((items_of(task, rows, pool, limit=self.settings.limit), len(rows)))
        return found

    @property
    def source(self) -> Source:
        """Where rows come from."""
        named = {task: self.root / path for task, path in self.settings.data.items()}
        held_out = {f"held_out_{tag}": path for tag, path in self.held_out.items()}
        return Source(data={**held_out, **named})

    def _told(self, task: Task) -> Task:
        if self.settings.shots is not None:
            task = replace(task, shots=replace(task.shots, count=self.settings.shots))
        if self.settings.repeats and any(m.name == "pass_at_k" for m in task.metrics):
            task = replace(task, repeats=self.settings.repeats)
        return task


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Items that one process puts to one model."""

    questions: Questions
    numbers: Sequence[Sequence[int]]
    """Of each task, which items are asked."""
    store: AnswerStore
    folder: Path = Path()
    """The model's, where it is one of this machine."""

    def answer(self, examinee: Examinee, progress: Progress) -> None:
        """Ask task by task, and keep what is answered to each."""
        questions = self.questions
        for task, items, numbers in zip(
            questions.tasks, questions.items, self.numbers, strict=True
        ):
            if not numbers:
                continue
            asked = [items[number] for number in numbers]
            progress.start(task.name, total=requests(task, asked), unit="requests")
            given = answers(examinee, task, asked, seed=self.store.seed, advance=progress.advance)
            self.store.append(task, asked, given)


def sit(
    questions: Questions,
    store: AnswerStore,
    put: Callable[[Sequence[Sequence[int]]], None],
) -> list[list[Answer]]:
    """The answers to all items, task by task; only what the store lacks is put.

    Args:
        questions: what is asked.
        store: is read before and after.
        put: lets the model answer these items of each task into the store.
    """
    known = _known(questions, store)
    missing = [[n for n, answer in enumerate(of_task) if answer is None] for of_task in known]
    if any(missing):
        put(missing)
        known = _known(questions, store)
    return [[answer for answer in of_task if answer is not None] for of_task in known]


def _known(questions: Questions, store: AnswerStore) -> list[list[Answer | None]]:
    kept = store.kept()
    pairs = zip(questions.tasks, questions.items, strict=True)
    return [store.known(task, items, kept) for task, items in pairs]
