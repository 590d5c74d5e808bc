"""Checking that a desk's log is as it was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auroram.errors import IntegrityError
from auroram.records.decision import Entry, fault_of
from auroram.records.draft import Actor
from auroram.review.store.accounts import account_rows
from auroram.review.store.database import Database
from auroram.review.store.log import entries_after, head_of, items_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What somebody outside the database knows of the log, such as a release."""

    name: str
    number: int
    sha256: str
    """Digest of the entry of this number."""


def verified_log(database: Database, witnesses: tuple[Witness, ...] = ()) -> list[Entry]:
    """The whole log, where nothing in it was changed.

    Raises:
        IntegrityError: naming the first decision or draft that is not as it was.
    """
    with database.reading() as connection:
        head = head_of(connection, lock=False)
        log = entries_after(connection, 0)
        drafts = {item.draft.id: item.sha256 for item in items_after(connection, 0)}
        kinds = {account.id: account.kind for account in account_rows(connection)}
    # Entries that came after the head was read are whole, or their own reader says so.
    fault = fault_of(log, length=head.number) or _against(log, witnesses)
    fault = fault or fault_beside(log, drafts, kinds)
    if not fault and len(drafts) < head.drafts:
        fault = f"a draft is missing: there were {head.drafts} and are {len(drafts)}"
    if fault:
        raise IntegrityError(f"{database.shown}: {fault}; go back to a backup")
    return log


def fault_beside(
    log: Sequence[Entry], drafts: Mapping[str, str], kinds: Mapping[str, Actor]
) -> str:
    """What in the drafts or accounts is not as the log says; empty where nothing.

    Args:
        log: whose chain is whole.
        drafts: id to digest.
        kinds: account's id to its kind; accounts may be gone.
    """
    for entry in log:
        decision = entry.decision
        if drafts.get(decision.item) != decision.draft_sha256:
            return f"draft {decision.item} is not the one that decision {entry.number} was made on"
        if kinds.get(decision.reviewer, decision.actor) != decision.actor:
            return f"the account of decision {entry.number} was changed to another kind"
    return ""


def _against(log: list[Entry], witnesses: tuple[Witness, ...]) -> str:
    for witness in witnesses:
        if witness.number > len(log):
            return (
                f"decision {witness.number} is missing: {witness.name} was made when it was there"
            )
        if witness.number and log[witness.number - 1].sha256 != witness.sha256:
            return (
                f"the log up to decision {witness.number} is not the one that {witness.name} holds"
            )
    return ""
