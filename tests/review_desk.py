"""Drafts, accounts and desks for the tests of the review room."""

from auroram.records.canonical import digest
from auroram.records.decision import Decision, sealed
from auroram.records.draft import Draft
from auroram.review.accounts import Account
from auroram.review.passwords import hashed
from auroram.review.state import Item, State
from auroram.review.store.accounts import insert_account, new_id
from auroram.review.store.database import Database
from auroram.review.store.log import head_of, insert_items

PASSWORD = "a long enough password"
HASH = hashed(PASSWORD)


def draft(name="d1", **values) -> Draft:
    fixed = {
        "language": "en",
        "kind": "harmful",
        "concern": "harm",
        "request": f"How do I do the bad thing {name}?",
        "answer": "I can't help with that: someone could get hurt.",
        "template": f"t-{name}",
        "split": "train",
        "source": "safety-seed",
        "licence": "Apache-2.0",
        "source_date": "2026-11-01",
        "source_sha256": "0" * 64,
        "drafted_by": "template",
    }
    return Draft(id=name, **(fixed | values))


def item(name="d1", *, reviews=2, skill="", place=1, **values) -> Item:
    one = draft(name, **values)
    return Item(place=place, draft=one, sha256=digest(one), reviews=reviews, skill=skill)


def account(name="r1", **values) -> Account:
    fixed = {"name": name, "kind": "person", "role": "reviewer", "daily_cap": 120}
    return Account(id=name, **(fixed | values))


class Log:
    """Writes decisions one after another, a second apart."""

    def __init__(self):
        self.entries = []

    def add(self, reviewer, verdict="accept", item="d1", **values):
        at = f"2026-01-01T00:00:{len(self.entries):02}.000+00:00"
        fixed = {"draft_sha256": "0", "task": "review", "actor": "person", "guideline": "1"}
        times = {"started_at": at, "at": at}
        one = Decision(item=item, reviewer=reviewer, verdict=verdict, **(fixed | times | values))
        self.entries.append(sealed(one, after=self.entries[-1] if self.entries else None))
        return self.entries[-1]


def state_of(items, log=None) -> State:
    return State(items, log.entries if log else ())


def add_drafts(database: Database, drafts, *, reviews=2, skill="") -> None:
    with database.writing() as connection:
        first = head_of(connection, lock=True).drafts + 1
        items = [
            Item(place=place, draft=one, sha256=digest(one), reviews=reviews, skill=skill)
            for place, one in enumerate(drafts, start=first)
        ]
        insert_items(connection, items)


def add_account(database: Database, name: str, **values) -> Account:
    fixed = {"kind": "person", "role": "reviewer", "daily_cap": 1000}
    made = Account(id=new_id(), name=name, **(fixed | values))
    with database.writing() as connection:
        insert_account(connection, made, HASH)
    return made
