"""Scored items of all runs, one file a model: what a model has answered is not asked again.

Lines are only ever appended, a block at a time and under a lock. A kill in the middle leaves a
line without an end, which is cut off before the next is written and passed over in reading.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fcntl import LOCK_EX, flock
from pathlib import Path

from auroram import __version__
from auroram.errors import DataError
from auroram.model.precision import Precision
from auroram.records.canonical import digest, plain
from auroram.records.scored_item import ScoredItem

Key = tuple[str, str, str, str, str]
"""Task, split, language, item and measure."""


def key_of(item: ScoredItem) -> Key:
    """What tells an item's score from the others of its model."""
    return item.task, item.split, item.language, item.item, item.measure


@dataclass(frozen=True, slots=True)
class Store:
    """The folder; None for a store that keeps nothing."""

    folder: Path | None

    def known(self, run: str) -> dict[Key, ScoredItem]:
        """Every item that the model of this digest has answered; the latest answer counts.

        Raises:
            DataError: where a whole line is no scored item.
        """
        path = self._path(run)
        if path is None or not path.is_file():
            return {}
        items = {}
        for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
            if not line.endswith(b"\n"):
                break
            try:
                item = ScoredItem(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise DataError(
                    f"{path}:{number}: not a scored item ({error}); delete the file, its items are "
                    "scored again"
                ) from None
            items[key_of(item)] = item
        return items

    def append(self, items: Sequence[ScoredItem]) -> None:
        """Keep the items of one model, durably."""
        path = self._path(items[0].run) if items else None
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(plain(one), ensure_ascii=False) + "\n" for one in items)
        with path.open("ab+") as file:
            flock(file, LOCK_EX)
            _cut_torn_line(file.fileno())
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def _path(self, run: str) -> Path | None:
        return self.folder / f"{run}.jsonl" if self.folder else None


def completed(
    wanted: Sequence[ScoredItem],
    store: Store,
    score: Callable[[Sequence[ScoredItem]], Sequence[ScoredItem]],
) -> list[ScoredItem]:
    """The wanted items with their scores, in order; only what the store lacks is scored.

    Args:
        wanted: items of one model whose score is still open.
        store: is read first, and added to.
        score: answers the open items it is given, in order.
    """
    known = store.known(wanted[0].run) if wanted else {}
    missing = [one for one in wanted if key_of(one) not in known]
    fresh = list(score(missing)) if missing else []
    store.append(fresh)
    known |= {key_of(one): one for one in fresh}
    return [_as_asked(known[key_of(one)], one) for one in wanted]


def item_digest(
    texts: Sequence[str],
    *,
    context_tokens: int,
    precision: Precision,
    extra: Sequence[object] = (),
) -> str:
    """Digest of an item: what is read, and all else that its score depends on but the model."""
    return digest(
        {
            "texts": texts,
            "context_tokens": context_tokens,
            "precision": precision,
            "extra": extra,
            "auroram": __version__,
        }
    )


def _as_asked(found: ScoredItem, asked: ScoredItem) -> ScoredItem:
    """The score, under the names that this run gives to the model and where the item comes from."""
    return replace(found, model=asked.model, tokens_seen=asked.tokens_seen, cluster=asked.cluster)


def _cut_torn_line(file: int) -> None:
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        whole = os.pread(file, size, 0).rfind(b"\n") + 1
        os.ftruncate(file, whole)
