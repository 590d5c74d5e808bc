"""What one model answered to items of tasks, kept so that it is not asked again.

An answer is kept under a digest of all that it depends on but the weights: what the model read,
how a reply was to be written, precision, release. How it is judged does not belong to it, so a
metric can be changed without asking again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auroram import __version__
from auroram.errors import DataError
from auroram.evaluate.journal import Journal
from auroram.evaluate.tasks.answers import Answer, writing_of
from auroram.evaluate.tasks.items import Item
from auroram.evaluate.tasks.task import Task
from auroram.model.choices import Precision
from auroram.records.canonical import digest

Kept = Mapping[str, tuple[tuple[float, ...], tuple[str, ...]]]
"""By key: nats and replies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStore:
    """The answers of one model."""

    path: Path
    seed: int
    """Of replies that are drawn."""
    precision: Precision

    def kept(self) -> Kept:
        """All answers by their keys.

        Raises:
            DataError: where a whole line is no answer.
        """
        found = {}
        for place, line in Journal(self.path).lines():
            try:
                kept = json.loads(line)
                found[kept["key"]] = tuple(kept["nats"]), tuple(kept["replies"])
            except (ValueError, TypeError, KeyError) as error:
                raise DataError(
                    f"{place}: not an answer ({error!r}); delete the file, its items are asked "
                    "again"
                ) from None
        return found

    def known(self, task: Task, items: Sequence[Item], kept: Kept) -> list[Answer | None]:
        """The answer to each item, in order; None where it was not asked yet."""
        return [self._answer(task, item, kept) for item in items]

    def append(self, task: Task, items: Sequence[Item], given: Iterable[Answer]) -> None:
        """Keep the answers to these items, durably."""
        Journal(self.path).append(
            {"key": self._key(task, item), "nats": answer.nats, "replies": answer.replies}
            for item, answer in zip(items, given, strict=True)
        )

    def _answer(self, task: Task, item: Item, kept: Kept) -> Answer | None:
        if (found := kept.get(self._key(task, item))) is None:
            return None
        nats, replies = found
        return Answer(task=task.name, item=item.digest, nats=nats, replies=replies)

    def _key(self, task: Task, item: Item) -> str:
        writes = task.form == "generate_until"
        return digest(
            {
                "form": task.form,
                "pairs": item.pairs,
                "text": item.text,
                "writing": writing_of(task, self.seed) if writes else None,
                "precision": self.precision,
                "auroram": __version__,
            }
        )
