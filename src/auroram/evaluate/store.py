"""Scored items of all runs, one file a model: what a model has answered is not asked again."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auroram import __version__
from auroram.errors import DataError
from auroram.evaluate.journal import Journal
from auroram.model.choices import Precision
from auroram.records.canonical import digest
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
        if self.folder is None:
            return {}
        items = {}
        for place, line in self._journal(run).lines():
            try:
                item = ScoredItem(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise DataError(
                    f"{place}: not a scored item ({error}); delete the file, its items are "
                    "scored again"
                ) from None
            items[key_of(item)] = item
        return items

    def append(self, items: Sequence[ScoredItem]) -> None:
        """Keep the items of one model, durably."""
        if self.folder and items:
            self._journal(items[0].run).append(items)

    def add(self, items: Sequence[ScoredItem]) -> None:
        """Keep those items of one model that are not there yet, or that were scored otherwise."""
        known = self.known(items[0].run) if items else {}
        scores = {key: (one.score, one.weight) for key, one in known.items()}
        self.append([one for one in items if scores.get(key_of(one)) != (one.score, one.weight)])

    def _journal(self, run: str) -> Journal:
        assert self.folder is not None, "a store without a folder keeps nothing"
        return Journal(self.folder / f"{run}.jsonl")


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
