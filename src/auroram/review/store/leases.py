"""Which drafts are in whose hands, as rows."""

import sqlalchemy as sa

from auroram.records.decision import Task
from auroram.review.queue import Lease
from auroram.review.store.schema import LEASES


def leases_after(connection: sa.Connection, now: str) -> list[Lease]:
    """All leases that have not run out."""
    rows = connection.execute(sa.select(LEASES).where(LEASES.c.until > now))
    return [Lease(**row._asdict()) for row in rows]


def put_lease(connection: sa.Connection, lease: Lease) -> None:
    """Write a lease in place of what the reviewer had on the draft, or held for the task."""
    held = (LEASES.c.task == lease.task) & ~LEASES.c.passed
    gone = (LEASES.c.item == lease.item) | (LEASES.c.until <= lease.started_at) | held
    connection.execute(sa.delete(LEASES).where(gone & (LEASES.c.reviewer == lease.reviewer)))
    fields = ("item", "reviewer", "task", "started_at", "until", "passed")
    connection.execute(sa.insert(LEASES), {name: getattr(lease, name) for name in fields})


def drop_held(connection: sa.Connection, reviewer: str, task: Task) -> None:
    """The reviewer no longer holds what was held for the task; what was passed on stays so."""
    held = (LEASES.c.reviewer == reviewer) & (LEASES.c.task == task) & ~LEASES.c.passed
    connection.execute(sa.delete(LEASES).where(held))
