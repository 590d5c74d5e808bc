"""How far the review is."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from auroram.review.standing import Place
from auroram.review.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The drafts of one language and concern, by where they stand."""

    language: str
    concern: str
    drafts: int
    begun: int
    """Open ones that have a review."""
    places: Counter[Place]
    by_people: int
    """Accepted or rejected ones whose outcome a person chose."""

    @property
    def ended(self) -> int:
        """Accepted or rejected ones."""
        return self.places["accepted"] + self.places["rejected"]


def progress(state: State) -> list[Progress]:
    """One row for each language and concern, by name."""
    parts = defaultdict(list)
    for key, item in state.items.items():
        parts[item.draft.language, item.draft.concern].append(key)
    return [
        _progress(state, language, concern, ids)
        for (language, concern), ids in sorted(parts.items())
    ]


def _progress(state: State, language: str, concern: str, ids: list[str]) -> Progress:
    standings = [state.standings[key] for key in ids]
    return Progress(
        language=language,
        concern=concern,
        drafts=len(ids),
        begun=sum(
            one.place == "open" and bool(state.live[key])
            for key, one in zip(ids, standings, strict=True)
        ),
        places=Counter(one.place for one in standings),
        by_people=sum(one.is_by_people for one in standings),
    )
