"""Whether a desk has accounts enough for its drafts to come to an end.

A draft ends with all its reviews in, and where they differ with an adjudicator who made none of
them. Where a language, or a skill, has fewer accounts than that, its drafts wait for good and the
reviews that they have got are lost.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from auroram.review.accounts import Account
from auroram.review.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Drafts that have too few accounts."""

    languages: tuple[str, ...]
    skill: str
    """What these drafts need; empty for nothing."""
    reviews: int
    """How many blind reviews they need at most."""
    reviewers: int
    """Accounts that may review them."""
    adjudicators: int
    """Accounts that may adjudicate them, some of the reviewers among them."""

    def __str__(self) -> str:
        skill = f" with the skill {self.skill!r}" if self.skill else ""
        accounts = "account" if self.reviewers == 1 else "accounts"
        return (
            f"in {', '.join(self.languages)}{skill} {self.reviewers} {accounts} may review and "
            f"{self.adjudicators} may adjudicate; a draft takes {self.reviews} who review and "
            "another who adjudicates where they differ: make accounts, or some drafts wait for good"
        )


def shortages(state: State, accounts: Iterable[Account]) -> tuple[Shortage, ...]:
    """The drafts without an outcome whose language and skill too few accounts have."""
    wanted: defaultdict[tuple[str, str], int] = defaultdict(int)
    for key, item in state.items.items():
        if state.standings[key].place in ("open", "disputed"):
            part = item.draft.language, item.skill
            wanted[part] = max(wanted[part], item.reviews)
    able = list(accounts)
    alike: defaultdict[tuple[str, int, int, int], list[str]] = defaultdict(list)
    for (language, skill), reviews in sorted(wanted.items()):
        own = [one for one in able if one.reads(language, skill)]
        reviewers = {one.id for one in own if one.may("review")}
        judges = {one.id for one in own if one.may("adjudicate")}
        if len(reviewers) < reviews or not judges or len(reviewers | judges) <= reviews:
            alike[skill, reviews, len(reviewers), len(judges)].append(language)
    return tuple(
        Shortage(
            languages=tuple(languages),
            skill=skill,
            reviews=reviews,
            reviewers=reviewers,
            adjudicators=judges,
        )
        for (skill, reviews, reviewers, judges), languages in alike.items()
    )
