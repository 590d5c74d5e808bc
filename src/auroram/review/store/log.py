"""The log and the list of drafts, as rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from auroram.errors import IntegrityError
from auroram.records.canonical import canonical_json, digest
from auroram.records.decision import Entry, decision_of
from auroram.records.draft import Draft
from auroram.review.state import Item
from auroram.review.store.schema import DRAFTS, HEAD, LOG


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How long the log and the list of drafts are."""

    number: int
    sha256: str
    drafts: int


def head_of(connection: sa.Connection, *, lock: bool) -> Head:
    """The head; locked, nobody else can write to the log or the drafts until we have."""
    query = sa.select(HEAD.c.number, HEAD.c.sha256, HEAD.c.drafts).where(HEAD.c.id == 1)
    row = connection.execute(query.with_for_update() if lock else query).one()
    return Head(number=row.number, sha256=row.sha256, drafts=row.drafts)


def append_entries(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Put the entries at the end of the log; the head must be locked."""
    rows = [
        {
            "number": entry.number,
            "previous": entry.previous,
            "sha256": entry.sha256,
            "body": canonical_json(entry.decision).decode(),
        }
        for entry in entries
    ]
    connection.execute(sa.insert(LOG), rows)
    moved = {"number": entries[-1].number, "sha256": entries[-1].sha256}
    connection.execute(sa.update(HEAD).where(HEAD.c.id == 1).values(moved))


def entries_after(
    connection: sa.Connection, number: int, *, last: int | None = None
) -> list[Entry]:
    """The entries of the log after this number, and up to `last`, in order.

    Raises:
        IntegrityError: naming a row that holds no decision.
    """
    query = sa.select(LOG).where(LOG.c.number > number).order_by(LOG.c.number)
    if last is not None:
        query = query.where(LOG.c.number <= last)
    return [_entry(row) for row in connection.execute(query)]


def insert_items(connection: sa.Connection, items: Sequence[Item]) -> None:
    """Put the drafts behind those that there are; the head must be locked."""
    rows = [
        {
            "place": item.place,
            "id": item.draft.id,
            "sha256": item.sha256,
            "reviews": item.reviews,
            "skill": item.skill,
            "body": canonical_json(item.draft).decode(),
        }
        for item in items
    ]
    connection.execute(sa.insert(DRAFTS), rows)
    connection.execute(sa.update(HEAD).where(HEAD.c.id == 1).values(drafts=items[-1].place))


def items_after(connection: sa.Connection, place: int) -> list[Item]:
    """The drafts that arrived after this place, in order.

    Raises:
        IntegrityError: naming a draft that is not what was imported.
    """
    rows = connection.execute(
        sa.select(DRAFTS).where(DRAFTS.c.place > place).order_by(DRAFTS.c.place)
    )
    return [_item(row) for row in rows]


def _entry(row: sa.Row[tuple[int, str, str, str]]) -> Entry:
    try:
        decision = decision_of(json.loads(row.body))
    except (ValueError, TypeError, KeyError) as error:
        raise IntegrityError(f"decision {row.number} was changed: {error}") from error
    return Entry(number=row.number, previous=row.previous, decision=decision, sha256=row.sha256)


def _item(row: sa.Row[tuple[int, str, str, int, str, str]]) -> Item:
    try:
        body = json.loads(row.body)
        values = {"mutations": tuple(body["mutations"]), "checks": tuple(body["checks"])}
        draft = Draft(**{**body, **values})
    except (ValueError, TypeError, KeyError) as error:
        raise IntegrityError(f"draft {row.id} was changed: {error}") from error
    if digest(draft) != row.sha256:
        raise IntegrityError(f"draft {row.id} was changed since it was imported")
    return Item(
        place=row.place, draft=draft, sha256=row.sha256, reviews=row.reviews, skill=row.skill
    )
