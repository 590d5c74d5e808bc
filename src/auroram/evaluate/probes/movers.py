"""The items behind a curve: those on which the last model gained and lost most, with their way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auroram.evaluate.probes.curves import Cell
from auroram.records.scored_item import ScoredItem

EACH = 3
"""Items shown at either end of a set and language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """One item on its way through the models."""

    measure: str
    split: str
    language: str
    cluster: str
    item: str
    text: str
    change: float
    """Of the last model against the base, as a share of the base's; below 0 is better."""
    scores: tuple[float, ...]
    """One a model, in the order of training."""


def movers(
    by_cell: Mapping[Cell, Mapping[str, Sequence[ScoredItem]]],
    texts: Mapping[tuple[str, str, str], str],
    base: str,
) -> Iterator[Mover]:
    """The items whose bits per byte fell most, then those where they rose most, by cell.

    Args:
        by_cell: all answers.
        texts: of a split, language and cluster: what was read.
        base: the model that changes are against.
    """
    for (measure, split, language), by_model in by_cell.items():
        if measure != "bits_per_byte":
            continue
        scores: dict[str, list[float]] = {}
        for items in by_model.values():
            for one in items:
                scores.setdefault(one.item, []).append(one.score)
        moved = [
            Mover(
                measure=measure,
                split=split,
                language=language,
                cluster=one.cluster,
                item=one.item,
                text=texts.get((split, language, one.cluster), ""),
                change=scores[one.item][-1] / one.score - 1,
                scores=tuple(scores[one.item]),
            )
            for one in by_model[base]
        ]
        moved.sort(key=lambda one: one.change)
        yield from moved if len(moved) <= 2 * EACH else [*moved[:EACH], *moved[-EACH:]]
