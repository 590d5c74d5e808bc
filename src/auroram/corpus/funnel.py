"""Counting what becomes of documents, paragraphs and bytes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from auroram.records.manifest import Tally

STEPS = (
    "read", "record", "normalise", "boilerplate", "language", "quality", "personal-data",
    "exact-duplicate", "near-duplicate", "written",
)  # fmt: skip
"""In the order in which a document meets them."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts by step, domain, source, outcome, reason and unit."""

    counts: Counter[tuple[str, str, str, str, str, str]] = field(default_factory=Counter)

    def add(self, step: str, where: tuple[str, str], fate: tuple[str, str], **units: int) -> None:
        """So many more `documents`, `paragraphs`, `bytes` or `spans` met a fate.

        Args:
            step: one of `STEPS`.
            where: domain and source.
            fate: outcome and reason; the reason may be empty.
            **units: how many of each unit.
        """
        for unit, value in units.items():
            self.counts[(step, *where, *fate, unit)] += value

    def tallies(self) -> tuple[Tally, ...]:
        """What was counted, in the order of the steps, then by name."""
        ordered = sorted(self.counts.items(), key=lambda item: (STEPS.index(item[0][0]), item[0]))
        return tuple(
            Tally(
                step=step,
                domain=domain,
                source=source,
                outcome=outcome,
                reason=reason,
                unit=unit,
                value=value,
            )
            for (step, domain, source, outcome, reason, unit), value in ordered
        )

    def reasons(self, domain: str) -> Mapping[str, int]:
        """Documents of a domain dropped so far, by step and reason."""
        found: Counter[str] = Counter()
        for (step, where, _, outcome, reason, unit), value in self.counts.items():
            if where == domain and outcome == "dropped" and unit == "documents":
                found[reason or step] += value
        return found

    def total(self, step: str, outcome: str, unit: str) -> int:
        """Sum over domains, sources and reasons."""
        return sum(
            value
            for (at, _, _, fate, _, of), value in self.counts.items()
            if (at, fate, of) == (step, outcome, unit)
        )
