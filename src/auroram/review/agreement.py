"""How far reviewers agree: by concern, by language and by pair."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from auroram.records.draft import Actor
from auroram.review.state import State
from auroram.stats.agreement import Agreement, agreement

VERDICTS = ("accept", "edit", "reject", "escalate")
"""What a review can be: the categories that agreement is measured over."""

Grouping = Literal["all", "concern", "language", "pair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """The blind reviews of one draft."""

    language: str
    concern: str
    verdicts: Sequence[tuple[str, str]]
    """(reviewer, verdict) of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Agreement within one part of the reviews."""

    grouping: Grouping
    name: str
    """A language or concern; two reviewers' ids with a space between; `all`."""
    agreement: Agreement


def rated_items(state: State, actor: Actor) -> list[Rated]:
    """The drafts that two or more actors of this kind reviewed, without undone decisions."""
    found = []
    for key, item in state.items.items():
        reviews = [
            entry.decision
            for entry in state.live.get(key, ())
            if entry.decision.task == "review" and entry.decision.actor == actor
        ]
        if len(reviews) > 1:
            verdicts = [(one.reviewer, one.verdict) for one in reviews]
            draft = item.draft
            found.append(Rated(language=draft.language, concern=draft.concern, verdicts=verdicts))
    return found


def agreement_groups(rated: Sequence[Rated]) -> list[Group]:
    """Agreement over all drafts, then by concern, language and pair of reviewers, by name."""
    parts: defaultdict[tuple[Grouping, str], list[list[str]]] = defaultdict(list)
    for one in rated:
        verdicts = [verdict for _, verdict in one.verdicts]
        parts["all", "all"].append(verdicts)
        parts["concern", one.concern or "general"].append(verdicts)
        parts["language", one.language].append(verdicts)
        for (a, first), (b, second) in combinations(sorted(one.verdicts), 2):
            parts["pair", f"{a} {b}"].append([first, second])
    order = ("all", "concern", "language", "pair")
    return [
        Group(grouping=grouping, name=name, agreement=_agreement(verdicts, name))
        for (grouping, name), verdicts in sorted(
            parts.items(), key=lambda part: (order.index(part[0][0]), part[0][1])
        )
    ]


def _agreement(verdicts: Sequence[Sequence[str]], name: str) -> Agreement:
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return agreement(verdicts, VERDICTS, seed=seed)
