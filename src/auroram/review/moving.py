"""A whole desk as files, and a whole desk from them: so a log moves between databases.

Others read `drafts.jsonl` and `decisions.jsonl` too; `intake.jsonl` says how each draft is reviewed
and `accounts.jsonl` whose the ids are. `desk.json` is written last: without it the folder is no
desk.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from auroram.errors import DataError, IntegrityError
from auroram.records.canonical import Json, digest, plain
from auroram.records.decision import GENESIS, Entry, fault_of, read_decisions
from auroram.records.draft import read_drafts, write_drafts
from auroram.records.files import write_text
from auroram.records.json_lines import read_json_lines, write_json_lines
from auroram.review.accounts import Account
from auroram.review.state import Item
from auroram.review.store.accounts import LISTS, Kept, keep_account, kept_accounts
from auroram.review.store.database import Database
from auroram.review.store.log import append_entries, head_of, insert_items, items_after
from auroram.review.verifying import fault_beside, verified_log

DRAFTS, INTAKE = "drafts.jsonl", "intake.jsonl"
DECISIONS, ACCOUNTS = "decisions.jsonl", "accounts.jsonl"
FACTS = "desk.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFacts:
    """How much a folder holds, so that what is missing is missed."""

    drafts: int
    decisions: int
    log_sha256: str
    """Digest of the log's last entry."""
    accounts: int
    passwords: bool
    """Whether the accounts carry the hashes of their passwords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reviewing:
    """How a draft is reviewed."""

    draft: str
    sha256: str
    reviews: int
    skill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeDesk:
    """Everything that a desk holds but who is logged in and what is in whose hands."""

    items: tuple[Item, ...]
    log: tuple[Entry, ...]
    accounts: tuple[Kept, ...]


def is_desk(folder: Path) -> bool:
    """Whether a folder holds a desk, or what an export that was stopped left of one."""
    return (folder / FACTS).is_file() or (folder / INTAKE).is_file()


def write_desk(database: Database, folder: Path, *, passwords: bool) -> DeskFacts:
    """Write the desk into the folder.

    Args:
        database: of the desk.
        folder: new or empty.
        passwords: whether the hashes of passwords go with the accounts.

    Raises:
        DataError: where the folder holds something.
        IntegrityError: where the log was changed.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: not an empty folder; name a new one")
    log = verified_log(database)
    with database.reading() as connection:
        items, accounts = items_after(connection, 0), kept_accounts(connection)
    facts = DeskFacts(
        drafts=len(items),
        decisions=len(log),
        log_sha256=log[-1].sha256 if log else GENESIS,
        accounts=len(accounts),
        passwords=passwords,
    )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # accounts hold names, and maybe hashes of passwords
    write_drafts(folder / DRAFTS, (item.draft for item in items))
    write_json_lines(folder / INTAKE, map(_reviewing, items))
    write_json_lines(folder / DECISIONS, log)
    bare = accounts if passwords else [replace(one, password="") for one in accounts]
    write_json_lines(folder / ACCOUNTS, bare)
    write_text(folder / FACTS, json.dumps(plain(facts), indent=1) + "\n")
    return facts


def read_desk(folder: Path) -> WholeDesk:
    """The desk of a folder, checked as a whole.

    Raises:
        DataError: where a file is missing or is not as it should be.
        IntegrityError: naming the first decision or draft that is not as it was.
    """
    try:
        facts = DeskFacts(**json.loads((folder / FACTS).read_text(encoding="utf-8")))
        items = _items(folder)
        log = tuple(read_decisions(folder / DECISIONS))
        accounts = tuple(map(_kept, read_json_lines(folder / ACCOUNTS)))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{folder}: not a whole desk ({error}); `auroram review export` writes one"
        ) from None
    desk = WholeDesk(items=items, log=log, accounts=accounts)
    if fault := _fault(desk, facts):
        raise IntegrityError(f"{folder}: {fault}; export the desk anew")
    return desk


def bring(database: Database, desk: WholeDesk) -> None:
    """Put the desk into a database that holds none, all of it or nothing.

    Raises:
        DataError: where the database holds drafts, decisions or accounts already.
    """
    with database.writing() as connection:
        head = head_of(connection, lock=True)
        if head.drafts or head.number or kept_accounts(connection):
            raise DataError(
                f"{database.shown}: a desk of its own, and logs cannot be joined; name an empty "
                "database"
            )
        if desk.items:
            insert_items(connection, desk.items)
        if desk.log:
            append_entries(connection, desk.log)
        for kept in desk.accounts:
            keep_account(connection, kept)


def _fault(desk: WholeDesk, facts: DeskFacts) -> str:
    fault = fault_of(desk.log, length=facts.decisions)
    head = desk.log[-1].sha256 if desk.log else GENESIS
    if not fault and head != facts.log_sha256:
        fault = "its log is another than it says"
    if not fault and (len(desk.items), len(desk.accounts)) != (facts.drafts, facts.accounts):
        fault = f"it should hold {facts.drafts} drafts and {facts.accounts} accounts"
    kinds = {kept.account.id: kept.account.kind for kept in desk.accounts}
    return fault or fault_beside(desk.log, {one.draft.id: one.sha256 for one in desk.items}, kinds)


def _reviewing(item: Item) -> _Reviewing:
    return _Reviewing(
        draft=item.draft.id, sha256=item.sha256, reviews=item.reviews, skill=item.skill
    )


def _items(folder: Path) -> tuple[Item, ...]:
    found = []
    how: Iterable[_Reviewing] = (_Reviewing(**one) for one in read_json_lines(folder / INTAKE))
    for place, (draft, one) in enumerate(
        zip(read_drafts(folder / DRAFTS), how, strict=True), start=1
    ):
        if digest(draft) != one.sha256:
            raise IntegrityError(f"{folder}: draft {draft.id} was changed; export the desk anew")
        found.append(
            Item(place=place, draft=draft, sha256=one.sha256, reviews=one.reviews, skill=one.skill)
        )
    return tuple(found)


def _kept(record: Json) -> Kept:
    account = record["account"]
    lists = {name: tuple(account[name]) for name in LISTS}
    return Kept(**(record | {"account": Account(**(account | lists))}))
