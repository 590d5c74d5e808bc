"""The bounds that a corpus stage judged by, and which of them dropped documents."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.records.canonical import Json
from auroram.records.manifest import Finished

_UNBOUNDED = 1_000_000_000
"""From here on a bound lets everything pass, as the corpus stage's settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a domain's figures must keep."""

    lowest: float | None
    highest: float | None

    def refused(self, figures: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which figures lie beyond a bound."""
        beyond = np.zeros(len(figures), np.bool_)
        if self.lowest is not None:
            beyond |= figures < self.lowest
        if self.highest is not None:
            beyond |= figures > self.highest
        return beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyRule:
    """A rule that dropped documents of a domain."""

    name: str
    signal: str
    lowest: bool
    """Whether figures below the bound break the rule, or those above."""
    bound: float
    dropped: int
    """Documents that broke it before any other."""


def bound_tables(stage: Finished) -> Mapping[str, Json]:
    """Domain to the bounds that a corpus stage judged by, under their names in the settings."""
    tables: Mapping[str, Json] = (
        stage.manifest.facts.get("quality") or stage.manifest.settings.get("quality") or {}
    )
    return tables


def bounds_on(signal: str, table: Json) -> Bounds:
    """The bounds of one signal among those of a domain; those that refuse nothing are left out."""
    lowest, highest = table.get(f"lowest_{signal}"), table.get(f"highest_{signal}")
    most = 1.0 if signal.endswith("_share") else _UNBOUNDED
    return Bounds(
        lowest=None if lowest is None or lowest <= 0 else lowest,
        highest=None if highest is None or highest >= most else highest,
    )


def busy_rules(stage: Finished) -> dict[str, Sequence[BusyRule]]:
    """Domain to the rules that dropped any of its documents, the one that dropped most first."""
    counts: dict[str, Counter[str]] = {}
    for one in stage.manifest.tallies:
        if (one.step, one.outcome, one.unit) == ("quality", "dropped", "documents"):
            counts.setdefault(one.domain, Counter())[one.reason] += one.value
    found = {
        domain: sorted(_busy(table, counts.get(domain, Counter())), key=lambda one: -one.dropped)
        for domain, table in bound_tables(stage).items()
    }
    return {domain: rules for domain, rules in found.items() if rules}


def _busy(table: Mapping[str, float], dropped: Counter[str]) -> Iterator[BusyRule]:
    for key, bound in table.items():
        side, _, signal = key.partition("_")
        name = f"{side.removesuffix('est')}-{signal}".replace("_", "-")
        if dropped[name]:
            yield BusyRule(
                name=name,
                signal=signal,
                lowest=side == "lowest",
                bound=bound,
                dropped=dropped[name],
            )
