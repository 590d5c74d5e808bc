"""What a release says, drawn from the state of a desk and from nothing else."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from auroram.records.decision import Entry
from auroram.records.draft import Actor
from auroram.records.release import Preference, Released
from auroram.review.agreement import Group, agreement_groups, rated_items
from auroram.review.drafts import check_splits
from auroram.review.standing import Place, Standing
from auroram.review.state import Item, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that goes into a release's files."""

    items: tuple[Released, ...]
    preferences: tuple[Preference, ...]
    log: tuple[Entry, ...]
    drafts: int
    places: Counter[Place]
    flags: Counter[str]
    """Flag to the number of standing decisions that raised it."""
    edits: int
    reviews: tuple[int, ...]
    """How many blind reviews drafts need, each number once."""
    agreement: dict[Actor, Group]
    """Over all drafts, for each kind that reviewed any twice."""

    def decisions_by(self, actor: Actor) -> int:
        """Entries of the log that an actor of this kind made."""
        return sum(entry.decision.actor == actor for entry in self.log)

    def accounts_of(self, actor: Actor) -> int:
        """Accounts of this kind that decided."""
        return len({e.decision.reviewer for e in self.log if e.decision.actor == actor})


def contents_of(state: State) -> Contents:
    """What a release made now says; the same state gives the same, on any machine.

    Raises:
        DataError: where the splits share a template, a cluster or a request.
    """
    accepted = [
        _released(item, state.standings[key])
        for key, item in sorted(state.items.items())
        if state.standings[key].place == "accepted"
    ]
    check_splits((item.draft for item in state.items.values()), place="release")
    live = [entry for entries in state.live.values() for entry in entries]
    return Contents(
        items=tuple(accepted),
        preferences=tuple(_preferences(accepted)),
        log=tuple(state.log),
        drafts=len(state.items),
        places=Counter(standing.place for standing in state.standings.values()),
        flags=Counter(flag for entry in live for flag in entry.decision.flags),
        edits=sum(entry.decision.verdict == "edit" for entry in live),
        reviews=tuple(sorted({item.reviews for item in state.items.values()})),
        agreement=_agreement(state),
    )


def _released(item: Item, standing: Standing) -> Released:
    draft, actors = item.draft, Counter(entry.decision.actor for entry in standing.behind)
    return Released(
        id=draft.id,
        language=draft.language,
        kind=draft.kind,
        concern=draft.concern,
        request=draft.request,
        answer=standing.answer,
        drafted_answer=draft.answer,
        split=draft.split,
        template=draft.template,
        cluster=draft.cluster,
        source=draft.source,
        licence=draft.licence,
        source_date=draft.source_date,
        source_sha256=draft.source_sha256,
        attack=draft.attack,
        older_than_requirement=draft.older_than_requirement,
        drafted_by=draft.drafted_by,
        reviewed=standing.is_by_people,
        by_people=actors["person"],
        by_software=actors["software"],
        decisions=tuple(entry.number for entry in standing.behind),
    )


def _preferences(items: Sequence[Released]) -> list[Preference]:
    return [
        Preference(
            id=item.id,
            language=item.language,
            concern=item.concern,
            split=item.split,
            prompt=item.request,
            chosen=item.answer,
            rejected=item.drafted_answer,
            reviewed=item.reviewed,
        )
        for item in items
        if item.answer != item.drafted_answer
    ]


def _agreement(state: State) -> dict[Actor, Group]:
    actors: tuple[Actor, ...] = ("person", "software")
    groups = {actor: agreement_groups(rated_items(state, actor)) for actor in actors}
    return {actor: found[0] for actor, found in groups.items() if found}
