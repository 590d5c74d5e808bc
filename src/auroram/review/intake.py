"""Bringing drafts to a desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auroram.errors import DataError
from auroram.records.canonical import digest
from auroram.records.draft import Draft
from auroram.review.drafts import check_splits
from auroram.review.state import Item
from auroram.review.store.database import Database
from auroram.review.store.log import head_of, insert_items, items_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How new drafts are to be reviewed."""

    reviews: int = 2
    """Blind reviews that each needs."""
    skills: Mapping[str, str] = field(default_factory=dict)
    """Concern to the skill that its drafts need."""


def take_in(database: Database, drafts: Sequence[Draft], intake: Intake, *, place: str) -> int:
    """Put the drafts that the desk does not have behind those that it has; returns how many.

    New drafts are queued in the order of their digests, so that neighbours are unrelated.

    Args:
        database: of the desk.
        drafts: any that the desk has already are left as they are.
        intake: holds for the new ones.
        place: where the drafts are from, for errors.

    Raises:
        DataError: where one has another content than under the same id before, or where splits
            share a template, a cluster or a request. Nothing is written then.
    """
    with database.writing() as connection:
        head = head_of(connection, lock=True)
        known = {item.draft.id: item for item in items_after(connection, 0)}
        new = _new(drafts, known, place)
        check_splits([*(item.draft for item in known.values()), *new.values()], place=place)
        items = [
            Item(
                place=number,
                draft=new[sha256],
                sha256=sha256,
                reviews=intake.reviews,
                skill=intake.skills.get(new[sha256].concern, ""),
            )
            for number, sha256 in enumerate(sorted(new), start=head.drafts + 1)
        ]
        if items:
            insert_items(connection, items)
    return len(items)


def _new(drafts: Sequence[Draft], known: Mapping[str, Item], place: str) -> dict[str, Draft]:
    """The drafts that are not known, by their digests."""
    seen = {key: item.sha256 for key, item in known.items()}
    new = {}
    for draft in drafts:
        sha256 = digest(draft)
        if draft.id not in seen:
            new[sha256] = draft
        elif seen[draft.id] != sha256:
            raise DataError(
                f"{place}: draft {draft.id!r} is not what came under this id before; give it "
                "another id"
            )
        seen[draft.id] = sha256
    return new
