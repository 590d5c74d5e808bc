"""The items of a task: each row as the model is asked it, with its worked examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from auroram.errors import DataError
from auroram.evaluate.tasks.task import Row, Shots, Task, Texts
from auroram.evaluate.tasks.templates import choices_of, question_of, target_of, text_of
from auroram.records.canonical import digest

FEWSHOT_SEED = 1234
"""What lm-evaluation-harness draws its examples with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question. Of the three forms each uses the fields that it needs."""

    digest: str
    cluster: str
    pairs: tuple[tuple[str, str], ...] = ()
    """Beginning and ending of each choice."""
    choices: tuple[str, ...] = ()
    gold: tuple[int, ...] = ()
    """Numbers of the right choices."""
    text: str = ""
    """What is read as a whole, or the prompt to go on from."""
    references: tuple[str, ...] = ()
    """Right replies."""
    row: Row


def items_of(
    task: Task, rows: Sequence[Row], pool: Sequence[Row], *, limit: int | None = None
) -> list[Item]:
    """The task's items, in the order of the rows.

    Args:
        task: how rows become text.
        rows: of the measured split.
        pool: where worked examples come from.
        limit: no more than so many, from the first on.

    Raises:
        DataError: where a template does not fit, or there are too few examples.
    """
    draw = _Examples(task, pool)
    return [_item(task, row, draw.before(row)) for row in rows[:limit]]


class _Examples:
    """The text that stands before a question."""

    def __init__(self, task: Task, pool: Sequence[Row]) -> None:
        self._task = task
        self._shots: Shots = task.shots
        self._pool = task.shots.rows or pool
        self._random = Random(FEWSHOT_SEED)
        self._measured = not task.shots.rows and task.shots.split == task.split
        if len(self._pool) < task.shots.count + self._measured * bool(task.shots.count):
            raise DataError(
                f"{task.name}: {task.shots.count} worked examples are wanted of {len(self._pool)} "
                f"in split {task.shots.split!r}; lower num_fewshot"
            )

    def before(self, row: Row) -> str:
        shots, texts = self._shots, self._shots.texts
        opening = text_of(self._task.description, row, place=self._task.name)
        if not shots.count:
            return opening
        return opening + "".join(
            _solved(texts, example, self._task.name) + texts.fewshot_delimiter
            for example in self._chosen(row)
        )

    def _chosen(self, row: Row) -> list[Row]:
        """Examples for a row, which is never its own."""
        count = self._shots.count
        if self._shots.sampler == "first_n":
            others = (one for one in self._pool if not (self._measured and one == row))
            return [one for one, _ in zip(others, range(count), strict=False)]
        drawn = self._random.sample(list(self._pool), count + self._measured)
        return [one for one in drawn if not (self._measured and one == row)][:count]


def _solved(texts: Texts, row: Row, place: str) -> str:
    """A question with its right answer."""
    question = question_of(texts, row, place=place)
    target = target_of(texts, row, place=place)
    choices = choices_of(texts, row, place=place)
    if isinstance(question, int):
        question = choices[question]
    elif isinstance(target, int) and choices:
        target = choices[target]
    if isinstance(target, list):
        target = target[0] if target else ""
    return f"{question}{texts.target_delimiter if target != '' else ''}{target}"


def _item(task: Task, row: Row, before: str) -> Item:
    if task.form == "loglikelihood_rolling":
        text = text_of(task.texts.target, row, place=task.name)
        if not text:
            raise DataError(f"{task.name}: an empty text; leave it out of the data")
        return _named(task, row, text=text)
    question = question_of(task.texts, row, place=task.name)
    target = target_of(task.texts, row, place=task.name)
    if task.form == "multiple_choice":
        return _choice(task, row, before, question, target)
    texts = target if isinstance(target, list) else [target]
    choices = choices_of(task.texts, row, place=task.name)
    references = [choices[one] if choices and isinstance(one, int) else str(one) for one in texts]
    if not references:
        raise DataError(f"{task.name}: no right answer (doc_to_target is empty); correct the data")
    return _named(task, row, text=f"{before}{question}", references=tuple(references))


def _choice(
    task: Task, row: Row, before: str, question: str | int, target: str | int | list[object]
) -> Item:
    """An item with choices: endings of one context, or contexts of one ending."""
    choices = choices_of(task.texts, row, place=task.name)
    delimiter = task.texts.target_delimiter
    if isinstance(question, int):
        pairs = [(f"{before}{context}", f"{delimiter}{target}") for context in choices]
        gold = [question]
    else:
        pairs = [(f"{before}{question}", f"{delimiter}{choice}") for choice in choices]
        gold = _numbers(choices, target)
    if not choices or not all(0 <= number < len(choices) for number in gold):
        raise DataError(
            f"{task.name}: the right answer is none of the {len(choices)} choices ({target!r}); "
            "correct doc_to_target or doc_to_choice"
        )
    return _named(task, row, pairs=tuple(pairs), choices=tuple(choices), gold=tuple(gold))


def _numbers(choices: Sequence[str], target: str | int | list[object]) -> list[int]:
    listed = target if isinstance(target, list) else [target]
    return [
        one if isinstance(one, int) else choices.index(str(one)) if str(one) in choices else -1
        for one in listed
    ]


def _named(task: Task, row: Row, **asked: object) -> Item:
    """The item with its digest, which is of what the model sees and is judged by."""
    name = digest({"task": task.name, **asked})
    cluster = text_of(task.cluster, row, place=task.name) if task.cluster else name
    return Item(digest=name, cluster=cluster, row=row, **asked)  # type: ignore[arg-type]
