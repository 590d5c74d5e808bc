"""Which draft a reviewer is handed next, and who may decide on which."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from auroram.records.decision import Task
from auroram.review.accounts import Account
from auroram.review.state import Item, State

PLACE_OF: dict[Task, str] = {"review": "open", "adjudicate": "disputed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A draft in somebody's hands, or one that they passed on."""

    item: str
    reviewer: str
    task: Task
    started_at: str
    until: str
    """Until when nobody else is handed this place; ISO 8601, UTC."""
    passed: bool = False
    """Whether the reviewer passed it on: until then it is not handed to them again."""

    def holds(self, now: str) -> bool:
        """Whether the draft is in the reviewer's hands now."""
        return not self.passed and self.until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The part of the queue that a reviewer wants to work on; empty for all of it."""

    language: str = ""
    concern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """All leases of the desk at one moment."""

    leases: Sequence[Lease]
    now: str

    def others(self, item: str, reviewer: str, task: Task) -> int:
        """How many others hold the draft for this task."""
        return sum(
            lease.item == item
            and lease.task == task
            and lease.reviewer != reviewer
            and lease.holds(self.now)
            for lease in self.leases
        )

    def held(self, reviewer: str, task: Task) -> Lease | None:
        """What the reviewer holds for this task."""
        mine = (x for x in self.leases if x.reviewer == reviewer and x.task == task)
        return next((lease for lease in mine if lease.holds(self.now)), None)

    def passed(self, reviewer: str) -> frozenset[str]:
        """The drafts that the reviewer passed on."""
        mine = (x for x in self.leases if x.reviewer == reviewer and x.passed)
        return frozenset(lease.item for lease in mine if lease.until > self.now)


def next_item(state: State, account: Account, task: Task, hands: Hands, wish: Wish) -> Item | None:
    """What to hand out: what the reviewer holds already, or the first that waits and fits."""
    held = hands.held(account.id, task)
    passed = hands.passed(account.id)
    first = [state.items[held.item]] if held else []
    for item in chain(first, state.waiting(task)):
        if item.draft.id in passed or not _is_offered(item, account, wish):
            continue
        if not hindrance(state, item, account, task, hands):
            return item
    return None


def hindrance(  # noqa: PLR0911 -- one line a reason
    state: State, item: Item, account: Account, task: Task, hands: Hands
) -> str:
    """Why the account may not decide on the draft now; empty where it may."""
    key = item.draft.id
    live = state.live[key]
    if not account.may(task):
        return "your role does not allow this"
    if account.languages and item.draft.language not in account.languages:
        return f"this draft is in {item.draft.language}, which is not among your languages"
    if item.skill and item.skill not in account.skills:
        return f"this draft needs the skill {item.skill!r}"
    if any(entry.decision.reviewer == account.id for entry in live):
        return "you decided on this draft already"
    if state.standings[key].place != PLACE_OF[task]:
        return "others decided on this draft in the meantime"
    wanted = item.reviews - len(live) if task == "review" else 1
    if hands.others(key, account.id, task) >= wanted:
        return "others are at work on this draft"
    return ""


def _is_offered(item: Item, account: Account, wish: Wish) -> bool:
    draft = item.draft
    wanted = wish.language in ("", draft.language) and wish.concern in ("", draft.concern)
    return wanted and draft.concern not in account.opt_outs
