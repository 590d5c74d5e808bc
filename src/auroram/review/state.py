"""The state of a desk: its drafts, and the log folded into where each of them stands.

Nothing here is stored. Reading the log from its start gives the same state on any machine, and
a process that has read so far goes on from there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from auroram.records.decision import Entry, Task
from auroram.records.draft import Draft
from auroram.review.standing import Standing, standing_of

Waiting = Literal["fresh", "begun", "disputed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A draft at the desk."""

    place: int
    """Counted from 1 in the order of import."""
    draft: Draft
    sha256: str
    """Digest of the draft."""
    reviews: int
    """How many blind reviews it needs."""
    skill: str = ""
    """What a reviewer must be trusted with to be handed it; empty for nothing."""


class State:
    """Items and the log so far, kept up by `add` and `apply`."""

    def __init__(self, items: Iterable[Item] = (), log: Iterable[Entry] = ()) -> None:
        self.items: dict[str, Item] = {}
        self.log: list[Entry] = []
        self.live: defaultdict[str, list[Entry]] = defaultdict(list)
        """Item to the decisions on it that nobody has undone."""
        self.standings: dict[str, Standing] = {}
        self.days: Counter[tuple[str, str]] = Counter()
        """(reviewer, ISO day) to the decisions made, undone ones too: they were read as well."""
        self.languages: Counter[str] = Counter()
        """Language to the number of drafts."""
        self.concerns: Counter[str] = Counter()
        """Concern to the number of drafts; drafts on none are left out."""
        self._made: defaultdict[str, list[Entry]] = defaultdict(list)
        self._waiting: dict[Waiting, dict[str, None]] = {"fresh": {}, "begun": {}, "disputed": {}}
        for item in items:
            self.add(item)
        for entry in log:
            self.apply(entry)

    def add(self, item: Item) -> None:
        """A draft arrives."""
        self.items[item.draft.id] = item
        self.languages[item.draft.language] += 1
        if item.draft.concern:
            self.concerns[item.draft.concern] += 1
        self._place(item)

    def apply(self, entry: Entry) -> None:
        """The log grows by one entry."""
        decision = entry.decision
        self.log.append(entry)
        if decision.verdict == "undo":
            kept = [one for one in self.live[decision.item] if one.number != decision.undoes]
            self.live[decision.item] = kept
        else:
            self.live[decision.item].append(entry)
            self.days[decision.reviewer, decision.at[:10]] += 1
            self._made[decision.reviewer].append(entry)
        self._place(self.items[decision.item])

    def waiting(self, task: Task) -> Iterator[Item]:
        """What waits for this task, drafts with a first review before fresh ones."""
        names: tuple[Waiting, ...] = ("begun", "fresh") if task == "review" else ("disputed",)
        for name in names:
            for key in self._waiting[name]:
                yield self.items[key]

    def is_live(self, entry: Entry) -> bool:
        """Whether no later entry took this one back."""
        return any(one.number == entry.number for one in self.live[entry.decision.item])

    def last_of(self, reviewer: str) -> Entry | None:
        """The reviewer's latest decision that stands; None where there is none."""
        made = reversed(self._made[reviewer])
        return next((entry for entry in made if self.is_live(entry)), None)

    def _place(self, item: Item) -> None:
        key, live = item.draft.id, self.live[item.draft.id]
        standing = standing_of(item.draft, live, reviews=item.reviews)
        self.standings[key] = standing
        for waiting in self._waiting.values():
            waiting.pop(key, None)
        if standing.place == "disputed":
            self._waiting["disputed"][key] = None
        elif standing.place == "open":
            self._waiting["begun" if live else "fresh"][key] = None
