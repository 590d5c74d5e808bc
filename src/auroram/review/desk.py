"""The desk: hands out drafts and takes decisions, each in one transaction of its database.

Every process at the database keeps the state in memory, folded from the log, and reads what
others appended before it answers. Who appends locks the head of the log first, so rules are
checked against the whole log and no decision is lost or made twice.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import sqlalchemy as sa

from auroram.errors import UserError
from auroram.records.decision import Decision, Entry, Task, sealed
from auroram.review.accounts import Account
from auroram.review.clock import now, seconds_from
from auroram.review.queue import Hands, Lease, Wish, hindrance, next_item
from auroram.review.staffing import Shortage, shortages
from auroram.review.state import Item, State
from auroram.review.store.accounts import account_rows
from auroram.review.store.database import Database
from auroram.review.store.leases import drop_held, leases_after, put_lease
from auroram.review.store.log import append_entries, entries_after, head_of, items_after
from auroram.review.word import Word

LEASE_SECONDS = 20 * 60.0
PASS_SECONDS = 24 * 3600.0
GUIDELINE = "1"
"""Version of docs/how-to/review.md's guideline, written into each decision."""


class RefusedError(UserError):
    """A decision that the rules do not allow now; the sentence is for the reviewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A draft in a reviewer's hands."""

    item: Item
    started_at: str


class Desk:
    """One desk; safe to share between the threads of a process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._state = State()
        self._lock = Lock()

    @contextmanager
    def reading(self) -> Iterator[State]:
        """The state as it is now; others of this process wait until the block is left."""
        with self._lock:
            with self.database.reading() as connection:
                self._catch_up(connection, lock=False)
            yield self._state

    def shortages(self) -> tuple[Shortage, ...]:
        """The drafts that too few accounts may decide on, as the desk is now."""
        with self.reading() as state, self.database.reading() as connection:
            return shortages(state, account_rows(connection))

    def hand_out(self, account: Account, task: Task, wish: Wish) -> Handed | None:
        """A draft for the account, in its hands from now on; None where nothing waits for it.

        Also None where the account has reached its cap for the day.
        """
        with self.handing_out(account, task, wish) as (handed, _):
            return handed

    @contextmanager
    def handing_out(
        self, account: Account, task: Task, wish: Wish
    ) -> Iterator[tuple[Handed | None, State]]:
        """The same, and the state at that moment, in one transaction; others wait meanwhile."""
        at = now()
        with self._writing(durable=False) as (connection, state):
            yield _handed(connection, state, account, task, wish, at), state

    def pass_on(self, account: Account, task: Task, draft_id: str) -> None:
        """The account does not wish to decide on this draft; it is not handed to it for a day."""
        at = now()
        with self._writing(durable=False) as (connection, state):
            if draft_id in state.items:
                until = seconds_from(at, PASS_SECONDS)
                lease = Lease(
                    item=draft_id,
                    reviewer=account.id,
                    task=task,
                    started_at=at,
                    until=until,
                    passed=True,
                )
                put_lease(connection, lease)

    def decide(self, account: Account, task: Task, draft_id: str, word: Word) -> Entry:
        """Append the account's decision to the log.

        Raises:
            RefusedError: where a rule is against it; nothing was written.
        """
        at = now()
        with self._writing() as (connection, state):
            item = state.items.get(draft_id)
            if item is None:
                raise RefusedError("there is no such draft")
            hands = Hands(leases=leases_after(connection, at), now=at)
            reason = hindrance(state, item, account, task, hands) or word.fault(item.draft, task)
            if reason:
                raise RefusedError(reason)
            held = hands.held(account.id, task)
            started = held.started_at if held and held.item == draft_id else at
            entry = _append(connection, state, _decision(item, account, task, word, (started, at)))
            drop_held(connection, account.id, task)
        return entry

    def undo(self, account: Account, number: int) -> Entry:
        """Take a decision back and put the draft into the account's hands again.

        Raises:
            RefusedError: where it is another's, was undone, or an adjudication rests on it.
        """
        at = now()
        with self._writing() as (connection, state):
            undone = state.log[number - 1] if 0 < number <= len(state.log) else None
            reason = _against_undo(state, account, undone)
            if undone is None or reason:
                raise RefusedError(reason)
            item, task = state.items[undone.decision.item], undone.decision.task
            decision = _decision(item, account, task, Word(verdict="undo"), (at, at), number)
            entry = _append(connection, state, decision)
            put_lease(connection, _lease(item, account, task, at))
        return entry

    @contextmanager
    def _writing(self, *, durable: bool = True) -> Iterator[tuple[sa.Connection, State]]:
        with self._lock, self.database.writing(durable=durable) as connection:
            self._catch_up(connection, lock=True)
            yield connection, self._state

    def _catch_up(self, connection: sa.Connection, *, lock: bool) -> None:
        head = head_of(connection, lock=lock)
        if head.drafts > len(self._state.items):
            for item in items_after(connection, len(self._state.items)):
                self._state.add(item)
        if head.number > len(self._state.log):
            for entry in entries_after(connection, len(self._state.log), last=head.number):
                self._state.apply(entry)


def _handed(  # noqa: PLR0913, PLR0917 -- who asks for what, and when
    connection: sa.Connection, state: State, account: Account, task: Task, wish: Wish, at: str
) -> Handed | None:
    if left_on(state, account, at[:10]) == 0:
        return None
    hands = Hands(leases=leases_after(connection, at), now=at)
    item = next_item(state, account, task, hands, wish)
    if item is None:
        return None
    held = hands.held(account.id, task)
    if held and held.item == item.draft.id:
        return Handed(item=item, started_at=held.started_at)
    put_lease(connection, _lease(item, account, task, at))
    return Handed(item=item, started_at=at)


def left_on(state: State, account: Account, day: str) -> int:
    """How many decisions the account may still make on this day, an ISO date in UTC."""
    return max(0, account.daily_cap - state.days[account.id, day])


def _append(connection: sa.Connection, state: State, decision: Decision) -> Entry:
    # The state learns of it from the database, once it is there for good.
    entry = sealed(decision, after=state.log[-1] if state.log else None)
    append_entries(connection, [entry])
    return entry


def _lease(item: Item, account: Account, task: Task, at: str) -> Lease:
    until = seconds_from(at, LEASE_SECONDS)
    return Lease(item=item.draft.id, reviewer=account.id, task=task, started_at=at, until=until)


def _decision(  # noqa: PLR0913, PLR0917 -- the fields of a record
    item: Item, account: Account, task: Task, word: Word, times: Sequence[str], undoes: int = 0
) -> Decision:
    return Decision(
        item=item.draft.id,
        draft_sha256=item.sha256,
        task=task,
        verdict=word.verdict,
        answer=word.answer if word.verdict == "edit" else "",
        scores=word.scores,
        flags=word.flags,
        note=word.note,
        undoes=undoes,
        reviewer=account.id,
        actor=account.kind,
        guideline=GUIDELINE,
        started_at=times[0],
        at=times[1],
    )


def _against_undo(state: State, account: Account, undone: Entry | None) -> str:
    if undone is None or undone.decision.reviewer != account.id:
        return "this decision is not yours"
    if undone.decision.verdict == "undo" or not state.is_live(undone):
        return "this decision was undone already"
    live = state.live[undone.decision.item]
    ruled = any(entry.decision.task == "adjudicate" for entry in live)
    if ruled and undone.decision.task == "review":
        return "an adjudicator has decided on this draft; ask them to undo theirs"
    return ""
