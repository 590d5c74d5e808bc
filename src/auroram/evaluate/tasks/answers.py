"""Puts the items of a task to whoever is examined, and keeps what was answered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from auroram.evaluate.tasks.items import Item
from auroram.evaluate.tasks.task import Generation, Task
from auroram.ports import Examinee
from auroram.records.writing import Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered to one item, before anyone judged it."""

    task: str
    item: str
    """Digest of the item."""
    nats: tuple[float, ...] = ()
    """Negative log-probability of each choice, or of the text."""
    replies: tuple[str, ...] = ()


def answers(
    examinee: Examinee,
    task: Task,
    items: Sequence[Item],
    *,
    seed: int,
    advance: Callable[[int], None],
) -> Iterator[Answer]:
    """The answer to each item, in order."""
    if task.form == "multiple_choice":
        nats = examinee.ending_nats([item.pairs for item in items], advance)
        for item, values in zip(items, nats, strict=True):
            yield Answer(task=task.name, item=item.digest, nats=tuple(_rounded(values)))
    elif task.form == "loglikelihood_rolling":
        for item, value in zip(
            items, examinee.text_nats([item.text for item in items], advance), strict=True
        ):
            yield Answer(task=task.name, item=item.digest, nats=tuple(_rounded([value])))
    else:
        writing = writing_of(task, seed)
        replies = examinee.replies([item.text for item in items], writing, advance)
        for item, texts in zip(items, replies, strict=True):
            yield Answer(task=task.name, item=item.digest, replies=tuple(texts))


def requests(task: Task, items: Sequence[Item]) -> int:
    """How many units `answers` tells its progress in."""
    if task.form == "multiple_choice":
        return sum(len(item.pairs) for item in items)
    return len(items) * (task.repeats if task.form == "generate_until" else 1)


def writing_of(task: Task, seed: int) -> Writing:
    """How replies to a task are written."""
    generation = task.generation or Generation(stops=())
    return Writing(
        max_tokens=generation.max_tokens,
        stops=generation.stops,
        temperature=generation.temperature,
        top_p=generation.top_p,
        replies=task.repeats,
        seed=seed if generation.temperature else 0,
    )


def _rounded(nats: Sequence[float]) -> Iterator[float]:
    """Six places: what is beyond is rounding of the machine's."""
    return (round(value, 6) for value in nats)
