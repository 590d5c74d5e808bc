"""Two models on the same items: paired, by task, set and language, with the items that flipped.

Where each item is a cluster of its own and yes or no, the p value is McNemar's, exact; elsewhere it
comes from the cluster-robust standard error. All are adjusted together (Holm), so one line below
5 % is not the luck of looking at many.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from auroram.records.scored_item import ScoredItem, mean_score
from auroram.stats.clustered import Estimate, paired_answers, paired_estimate
from auroram.stats.holm import holm
from auroram.stats.paired import mcnemar
from auroram.stats.power import detectable_effect

Cell = tuple[str, str, str, str]
"""Task, measure, split, language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One task, set and language."""

    task: str
    measure: str
    split: str
    language: str
    part: str
    """`all`, or `clean` and `seen`: the items whose text was not, or was, found in the corpus."""
    before: float
    after: float
    low: float | None
    """Lower end of the 95 % interval of the difference; None for too few clusters."""
    high: float | None
    p: float | None
    adjusted: float | None
    """Holm over all lines of the part `all`."""
    detectable: float | None
    """Smallest true difference that would be found 80 % of the time."""
    gained: int
    """Items that were wrong and became right; 0 where scores are not yes or no."""
    lost: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """An item whose answer turned from right to wrong or back."""

    task: str
    measure: str
    split: str
    language: str
    cluster: str
    item: str
    gained: bool
    before: str
    """What the first model answered."""
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two models differ in."""

    lines: tuple[Compared, ...]
    flips: tuple[Flip, ...]
    unpaired: int
    """Items that only one of the models was asked."""


def compared(
    before: Iterable[ScoredItem], after: Iterable[ScoredItem], *, seen: Collection[str] = ()
) -> Comparison:
    """The second model against the first.

    Args:
        before: what the first model scored.
        after: what the second scored.
        seen: clusters whose text was found in what the models trained on.
    """
    old, new = _by_key(before), _by_key(after)
    pairs: dict[Cell, list[_Pair]] = defaultdict(list)
    for key, one in new.items():
        if key in old:
            pairs[one.task, one.measure, one.split, one.language].append((old[key], one))
    lines = [_line(cell, here, "all") for cell, here in pairs.items()]
    p_values = [line.p for line in lines if line.p is not None]
    adjusted = iter(holm(p_values))
    lines = [
        replace(line, adjusted=next(adjusted)) if line.p is not None else line for line in lines
    ]
    return Comparison(
        lines=tuple(part for line in lines for part in _with_parts(line, pairs, set(seen))),
        flips=tuple(flip for here in pairs.values() for flip in _flips(here)),
        unpaired=len(old.keys() ^ new.keys()),
    )


_Pair = tuple[ScoredItem, ScoredItem]


def _by_key(items: Iterable[ScoredItem]) -> dict[tuple[str, ...], ScoredItem]:
    """The same item in several stages of a run is one item: the last one counts."""
    return {(o.task, o.measure, o.split, o.language, o.item): o for o in items}


def _with_parts(
    line: Compared, pairs: Mapping[Cell, Sequence[_Pair]], seen: set[str]
) -> list[Compared]:
    """The line, and beside it the items that were seen in training and those that were not."""
    here = pairs[line.task, line.measure, line.split, line.language]
    dirty = [pair for pair in here if pair[0].cluster in seen]
    clean = [pair for pair in here if pair[0].cluster not in seen]
    if not dirty:
        return [line]
    cell = (line.task, line.measure, line.split, line.language)
    parts = {"clean": clean, "seen": dirty}
    return [line, *(_line(cell, part, name) for name, part in parts.items() if part)]


def _line(cell: Cell, pairs: Sequence[_Pair], part: str) -> Compared:
    task, measure, split, language = cell
    estimate = _difference(pairs)
    ends = estimate.interval() if estimate else None
    turned = _flips(pairs)
    return Compared(
        task=task,
        measure=measure,
        split=split,
        language=language,
        part=part,
        before=mean_score([old for old, _ in pairs]),
        after=mean_score([new for _, new in pairs]),
        low=ends.low if ends else None,
        high=ends.high if ends else None,
        p=_p(pairs, estimate),
        adjusted=None,
        detectable=detectable_effect(estimate.error) if estimate else None,
        gained=sum(flip.gained for flip in turned),
        lost=sum(not flip.gained for flip in turned),
        n=len(pairs),
    )


def _difference(pairs: Sequence[_Pair]) -> Estimate | None:
    old, new = [one.score for one, _ in pairs], [one.score for _, one in pairs]
    clusters = [one.cluster for _, one in pairs]
    if _is_yes_or_no(pairs):
        right, was_right = [score > 0.5 for score in new], [score > 0.5 for score in old]
        return paired_answers(right, was_right, clusters=clusters)
    weights = [one.weight for _, one in pairs]
    return paired_estimate(new, old, weights=weights, clusters=clusters)


def _p(pairs: Sequence[_Pair], estimate: Estimate | None) -> float | None:
    alone = len({one.cluster for _, one in pairs}) == len(pairs)
    if alone and _is_yes_or_no(pairs):
        return mcnemar([one.score > 0.5 for one, _ in pairs], [o.score > 0.5 for _, o in pairs]).p
    return estimate.p() if estimate else None


def _is_yes_or_no(pairs: Sequence[_Pair]) -> bool:
    return {one.score for pair in pairs for one in pair} <= {0.0, 1.0}


def _flips(pairs: Sequence[_Pair]) -> list[Flip]:
    if not _is_yes_or_no(pairs):
        return []
    return [
        Flip(
            task=new.task,
            measure=new.measure,
            split=new.split,
            language=new.language,
            cluster=new.cluster,
            item=new.item,
            gained=new.score > old.score,
            before=old.answer,
            after=new.answer,
        )
        for old, new in pairs
        if new.score != old.score
    ]
