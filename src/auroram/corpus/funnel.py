"""Counting what becomes of documents, paragraphs and bytes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auroram.records.manifest import Tally

STEPS = (
    "read", "record", "rights", "normalise", "boilerplate", "language", "quality", "harm",
    "personal-data", "takedown", "contamination", "takedown-copy", "exact-duplicate",
    "near-duplicate", "written",
)  # fmt: skip
"""In the order in which a document meets them."""

Counts = list[list[str | int]]
"""A funnel's counts in JSON's types."""


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

    def add_fates(
        self,
        step: str,
        where: tuple[str, str],
        rules: Sequence[str | None],
        sizes: Sequence[int],
    ) -> None:
        """Count documents that a step dropped, each for a rule, or kept.

        Args:
            step: one of `STEPS`.
            where: domain and source.
            rules: the rule that each document broke first; None where it is kept.
            sizes: bytes of each.
        """
        bytes_: Counter[str | None] = Counter()
        for rule, size in zip(rules, sizes, strict=True):
            bytes_[rule] += size
        for rule, number in Counter(rules).items():
            fate = ("dropped", rule) if rule else ("kept", "")
            self.add(step, where, fate, documents=number, bytes=bytes_[rule])

    def plain(self) -> Counts:
        """The counts in JSON's types, for another process."""
        return [[*key, value] for key, value in self.counts.items()]

    def include(self, counts: Counts) -> None:
        """Add what `plain` of another funnel gave."""
        for *key, value in counts:
            self.counts[tuple(key)] += value  # type: ignore[index, operator]

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

    def unknown_licences(self) -> int:
        """Documents whose licence is not known."""
        wanted = ("rights", "unknown", "licence", "documents")
        return sum(
            value
            for (step, _, _, outcome, reason, unit), value in self.counts.items()
            if (step, outcome, reason, unit) == wanted
        )

    def reasons(self, domain: str, source: str = "") -> Mapping[tuple[str, str], int]:
        """Documents dropped so far, by step and reason; the reason may be empty.

        Args:
            domain: of the documents.
            source: of the documents; empty for all of the domain.
        """
        found: Counter[tuple[str, str]] = Counter()
        for (step, where, name, outcome, reason, unit), value in self.counts.items():
            is_wanted = where == domain and source in ("", name)
            if is_wanted and outcome == "dropped" and unit == "documents":
                found[step, reason] += value
        return found

    def written(self, source: str) -> int:
        """Documents of a source that stay, held out or not."""
        return sum(
            value
            for (step, _, name, _, _, unit), value in self.counts.items()
            if (step, name, unit) == ("written", source, "documents")
        )


def most_frequent(reasons: Mapping[tuple[str, str], int]) -> str:
    """The three reasons for which most documents were dropped, in words.

    >>> most_frequent({("quality", "low-characters"): 2, ("near-duplicate", ""): 5})
    'near-duplicate: 5, low-characters: 2'
    """
    frequent = Counter(reasons).most_common(3)
    return ", ".join(f"{reason or step}: {count}" for (step, reason), count in frequent)
