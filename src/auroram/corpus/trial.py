"""What other bounds would keep and drop, found from the side-cars without reading text.

Time is linear in the documents (a few seconds a million); memory holds one row group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.corpus.quality import Quality, Rule, rules_of
from auroram.records.side_cars import judged_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrial:
    """One rule under the bounds in force and under those that are tried."""

    rule: str
    old_bound: float
    new_bound: float
    old_first: int
    """Documents that broke this rule before any other."""
    new_first: int
    old_any: int
    """Documents that broke it, whatever else they broke."""
    new_any: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTrial:
    """A domain's documents under the bounds in force and under those that are tried."""

    domain: str
    documents: int
    """That had text left to judge."""
    characters: int
    old_kept: int
    """Documents that broke no rule. Duplicates are looked for among them afterwards."""
    new_kept: int
    old_characters: int
    """Characters of the documents that broke no rule."""
    new_characters: int
    won: int
    """Documents that were dropped and would pass."""
    lost: int
    """Documents that passed and would be dropped."""
    lost_written: int
    """Those among them that stand in the stage's documents."""
    rules: tuple[RuleTrial, ...]


def trial(
    folder: Path, old: Mapping[str, Quality], new: Mapping[str, Quality]
) -> tuple[DomainTrial, ...]:
    """Judge the documents of a finished corpus stage again, by domain.

    Args:
        folder: of the stage.
        old: domain to the bounds in force.
        new: domain to the bounds that are tried; of other domains the old ones hold.
    """
    counts = {
        domain: _Counts(list(rules_of(quality)), list(rules_of(new.get(domain, quality))))
        for domain, quality in sorted(old.items())
    }
    tried = [rule for count in counts.values() for rule in (*count.old, *count.new)]
    wanted = sorted({rule.signal for rule in tried if rule.is_on})
    for table in judged_tables(folder, ["language", "kept"], sorted({*wanted, "characters"})):
        for domain, count in counts.items():
            rows = table.filter(pc.equal(table["language"], domain))
            if len(rows):
                count.add(rows)
    return tuple(count.outcome(domain) for domain, count in counts.items())


@dataclass(slots=True)
class _Counts:
    old: Sequence[Rule]
    new: Sequence[Rule]
    sums: dict[str, int] = field(default_factory=dict)
    by_rule: NDArray[np.int64] = field(init=False)
    """Shape (4, rules): old first, new first, old any, new any."""

    def __post_init__(self) -> None:
        self.by_rule = np.zeros((4, len(self.old)), np.int64)

    def add(self, rows: pa.Table) -> None:
        old, new = _broken(self.old, rows), _broken(self.new, rows)
        self.by_rule += [_first(old), _first(new), old.sum(axis=1), new.sum(axis=1)]
        passed, passes = ~old.any(axis=0), ~new.any(axis=0)
        characters = rows["characters"].to_numpy().astype(np.int64)
        written = rows["kept"].to_numpy(zero_copy_only=False)
        for name, value in (
            ("documents", len(rows)),
            ("characters", characters.sum()),
            ("old_kept", passed.sum()),
            ("new_kept", passes.sum()),
            ("old_characters", characters[passed].sum()),
            ("new_characters", characters[passes].sum()),
            ("won", (passes & ~passed).sum()),
            ("lost", (passed & ~passes).sum()),
            ("lost_written", (passed & ~passes & written).sum()),
        ):
            self.sums[name] = self.sums.get(name, 0) + int(value)

    def outcome(self, domain: str) -> DomainTrial:
        sums = dict.fromkeys(_SUMS, 0) | self.sums
        counted = zip(self.old, self.new, self.by_rule.T.tolist(), strict=True)
        rules = tuple(
            RuleTrial(
                rule=old.name,
                old_bound=old.bound,
                new_bound=new.bound,
                old_first=counts[0],
                new_first=counts[1],
                old_any=counts[2],
                new_any=counts[3],
            )
            for old, new, counts in counted
        )
        return DomainTrial(domain=domain, rules=rules, **sums)


_SUMS = (
    "documents", "characters", "old_kept", "new_kept", "old_characters", "new_characters",
    "won", "lost", "lost_written",
)  # fmt: skip


def _broken(rules: Sequence[Rule], rows: pa.Table) -> NDArray[np.bool_]:
    """Shape (rules, rows)."""
    none = np.zeros(len(rows), np.bool_)
    return np.stack(
        [rule.broken(rows[rule.signal].to_numpy()) if rule.is_on else none for rule in rules]
    )


def _first(broken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many documents broke each rule before any other."""
    first = broken.argmax(axis=0)[broken.any(axis=0)]
    return np.bincount(first, minlength=len(broken))
