"""Where a draft stands, derived from the decisions on it and from nothing else.

Reviews are blind. When all that are wanted are in, an answer that more than half of them chose
stands; anything else waits for an adjudicator, and so does whatever a reviewer escalates, or
flags as holding personal data or operational detail. An adjudication ends the matter.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from auroram.records.decision import Decision, Entry, Flag
from auroram.records.draft import Draft

Place = Literal["open", "disputed", "accepted", "rejected"]
"""Waits for reviews; waits for an adjudicator; its answer may be learnt; it must not be."""

GRAVE: frozenset[Flag] = frozenset({"personal-data", "operational-detail"})
"""Flags that no majority outvotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a draft stands and why."""

    place: Place
    answer: str = ""
    """The answer to learn, of an accepted draft."""
    reason: str = ""
    """Why a disputed draft is: `escalated`, `flagged` or `disagreement`."""
    behind: tuple[Entry, ...] = ()
    """The decisions that chose the outcome of an accepted or rejected draft."""

    @property
    def is_by_people(self) -> bool:
        """Whether a person chose the outcome, not software alone."""
        return any(entry.decision.actor == "person" for entry in self.behind)


def standing_of(draft: Draft, live: Sequence[Entry], *, reviews: int) -> Standing:
    """Where the draft stands.

    Args:
        draft: as it was imported.
        live: the decisions on it that nobody has undone, in order.
        reviews: how many are wanted.
    """
    rulings = [entry for entry in live if entry.decision.task == "adjudicate"]
    if rulings:
        return _ended(draft, rulings[-1].decision, behind=(rulings[-1],))
    given = [entry for entry in live if entry.decision.task == "review"]
    if any(entry.decision.verdict == "escalate" for entry in given):
        return Standing(place="disputed", reason="escalated")
    if any(GRAVE & set(entry.decision.flags) for entry in given):
        return Standing(place="disputed", reason="flagged")
    if len(given) < reviews:
        return Standing(place="open")
    return _majority(draft, given)


def choice_of(draft: Draft, decision: Decision) -> tuple[str, str]:
    """What a decision amounts to: accepting the draft, accepting another answer, or rejecting."""
    if decision.verdict == "edit":
        return "accepted", decision.answer
    return ("accepted", draft.answer) if decision.verdict == "accept" else ("rejected", "")


def _majority(draft: Draft, given: Sequence[Entry]) -> Standing:
    choices = Counter(choice_of(draft, entry.decision) for entry in given)
    choice, votes = choices.most_common(1)[0]
    if 2 * votes <= len(given):
        return Standing(place="disputed", reason="disagreement")
    agreed = [entry for entry in given if choice_of(draft, entry.decision) == choice]
    return _ended(draft, agreed[0].decision, behind=tuple(agreed))


def _ended(draft: Draft, decision: Decision, *, behind: tuple[Entry, ...]) -> Standing:
    place, answer = choice_of(draft, decision)
    if place == "accepted":
        return Standing(place="accepted", answer=answer, behind=behind)
    return Standing(place="rejected", behind=behind)
