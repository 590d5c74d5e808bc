"""One model sits all tasks. What it has answered is kept task by task and not asked again."""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch

from auroram.evaluate.embedded import open_model
from auroram.evaluate.rows.source import Source
from auroram.evaluate.tasks.answers import Answer, answers, read_answer, requests
from auroram.evaluate.tasks.catalog import find_tasks
from auroram.evaluate.tasks.items import Item, items_of
from auroram.evaluate.tasks.task import Task
from auroram.evaluate.tasks_settings import Tasks
from auroram.ports import Engine, Examinee, Progress, Silent
from auroram.records.json_lines import read_json_lines, write_json_lines


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
            DataError: where a task is not found or its file is wrong.
        """
        names = [str(self.root / n) if n.endswith((".yaml", ".yml")) else n for n in self._names]
        folders = [self.root / folder for folder in self.settings.folders]
        return [self._told(task) for task in find_tasks(names, folders)]

    @cached_property
    def items(self) -> list[list[Item]]:
        """The items of each task.

        Raises:
            DataError: where rows are missing or do not fit.
        """
        return [
            items_of(
                task, self.source.rows(task), self.source.examples(task), limit=self.settings.limit
            )
            for task in self.tasks
        ]

    @property
    def source(self) -> Source:
        """Where rows come from."""
        named = {task: self.root / path for task, path in self.settings.data.items()}
        held_out = {f"held_out_{tag}": path for tag, path in self.held_out.items()}
        return Source(data={**held_out, **named})

    @property
    def _names(self) -> list[str]:
        """`held_out` stands for the languages that the corpus has."""
        return [
            name
            for one in self.settings.tasks
            for name in (
                [f"held_out_{tag}" for tag in self.held_out] or [one]
                if one == "held_out"
                else [one]
            )
        ]

    def _told(self, task: Task) -> Task:
        if self.settings.shots is not None:
            task = replace(task, shots=replace(task.shots, count=self.settings.shots))
        if self.settings.repeats and any(m.name == "pass_at_k" for m in task.metrics):
            task = replace(task, repeats=self.settings.repeats)
        return task


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Every so-manieth item of every task, for one model."""

    questions: Questions
    parts: Path
    """Where what is finished lies and new answers are put."""
    number: int = 0
    slices: int = 1
    seed: int
    folder: Path = Path()
    """The model's, where it is one of this machine."""

    def part(self, task: Task) -> Path:
        """The file of the piece's answers to a task."""
        return self.parts / f"{task.name}.{self.number}.jsonl"

    @property
    def is_answered(self) -> bool:
        """Whether nothing is left to ask."""
        return all(self.part(task).exists() for task in self.questions.tasks)

    def answer(self, examinee: Examinee, progress: Progress) -> None:
        """Ask what has not been answered, task by task."""
        for task, all_items in zip(self.questions.tasks, self.questions.items, strict=True):
            if self.part(task).exists():
                continue
            items = all_items[self.number :: self.slices]
            progress.start(task.name, total=requests(task, items), unit="requests")
            given = answers(examinee, task, items, seed=self.seed, advance=progress.advance)
            write_json_lines(self.part(task), given)


def pieces_of(questions: Questions, parts: Path, *, seed: int, folder: Path | None) -> list[Piece]:
    """The slices of a model of this machine; one piece for a model behind an endpoint."""
    slices = questions.settings.slices if folder else 1
    return [
        Piece(
            questions=questions,
            parts=parts,
            number=number,
            slices=slices,
            seed=seed,
            folder=folder or Path(),
        )
        for number in range(slices)
    ]


def sit_here(pieces: Sequence[Piece], engine: Engine, progress: Progress) -> None:
    """Let the model of a folder answer: in this process, or a slice in each of several."""
    missing = [piece for piece in pieces if not piece.is_answered]
    if len(pieces) == 1:
        for piece in missing:
            examinee = open_model(piece.folder, piece.questions.settings.precision)
            piece.answer(examinee, progress)
        return
    progress.start("slices", total=len(pieces), unit="slices", done=len(pieces) - len(missing))
    threads = torch.get_num_threads()
    # This process may be one of the workers, and has a share of the cores like the others.
    torch.set_num_threads(max(1, threads // max(1, min(engine.workers, len(missing)))))
    try:
        for _ in engine.map(answer_piece, missing):
            progress.advance(1)
    finally:
        torch.set_num_threads(threads)


def answer_piece(piece: Piece) -> int:
    """Answer one piece, in a worker; which one it was."""
    if multiprocessing.parent_process() is not None:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // piece.slices))
    piece.answer(open_model(piece.folder, piece.questions.settings.precision), Silent())
    return piece.number


def gathered(pieces: Sequence[Piece]) -> list[list[Answer]]:
    """The answers of all pieces, task by task in the order of the items."""
    questions = pieces[0].questions
    found = []
    for task, items in zip(questions.tasks, questions.items, strict=True):
        records = (record for piece in pieces for record in read_json_lines(piece.part(task)))
        given = {answer.item: answer for answer in map(read_answer, records)}
        found.append([given[item.digest] for item in items])
    return found
