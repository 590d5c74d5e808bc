"""Who is logged in, and who failed to log in, as rows.

A browser holds a random token; the table holds only its digest, so reading the table logs
nobody in.
"""

import hashlib
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from auroram.review.accounts import Account
from auroram.review.clock import seconds_from
from auroram.review.store.accounts import COLUMNS, account_of
from auroram.review.store.schema import ACCOUNTS, FAILURES, SESSIONS

LONGEST_SECONDS = 12 * 3600.0
"""A session ends after this time, however busy."""
TOUCH_SHARE = 0.1
"""How stale the time of the last request may be, as a share of the time after which a session
ends: so not every request writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that somebody logged in with."""

    token_sha256: str
    account: Account
    csrf: str
    """What a form must send back, to show that it is one of ours."""
    warned: bool
    """Whether the content warning was read."""
    seen_at: str


def begin_session(connection: sa.Connection, account: str, now: str) -> str:
    """Log the account in; returns the token for the browser."""
    token = secrets.token_urlsafe(32)
    row = {
        "token_sha256": _digest(token),
        "account": account,
        "csrf": secrets.token_urlsafe(32),
        "begun_at": now,
        "seen_at": now,
        "warned": False,
    }
    connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.begun_at < _oldest(now)))
    connection.execute(sa.insert(SESSIONS), row)
    return token


def find_session(
    connection: sa.Connection, token: str, now: str, *, idle_seconds: float
) -> Session | None:
    """The session of the token, where it has not expired and its account is active."""
    query = (
        sa.select(SESSIONS.c.csrf, SESSIONS.c.warned, SESSIONS.c.seen_at, *COLUMNS)
        .join(ACCOUNTS, ACCOUNTS.c.id == SESSIONS.c.account)
        .where(SESSIONS.c.token_sha256 == _digest(token))
        .where(SESSIONS.c.seen_at > seconds_from(now, -idle_seconds))
        .where(SESSIONS.c.begun_at > _oldest(now))
        .where(ACCOUNTS.c.active)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    own = {name: values.pop(name) for name in ("csrf", "warned", "seen_at")}
    return Session(token_sha256=_digest(token), account=account_of(values), **own)


def is_stale(session: Session, now: str, *, idle_seconds: float) -> bool:
    """Whether the time of the last request should be written."""
    return session.seen_at < seconds_from(now, -TOUCH_SHARE * idle_seconds)


def update_session(connection: sa.Connection, session: Session, **values: object) -> None:
    """Set columns of a session."""
    own = SESSIONS.c.token_sha256 == session.token_sha256
    connection.execute(sa.update(SESSIONS).where(own).values(values))


def end_session(connection: sa.Connection, session: Session) -> None:
    """Log this browser out."""
    connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.token_sha256 == session.token_sha256))


def failures_since(connection: sa.Connection, key: str, at: str) -> int:
    """How many logins failed under this key since then."""
    query = sa.select(sa.func.count()).where(FAILURES.c.key == key, FAILURES.c.at > at)
    return connection.execute(query).scalar_one()


def add_failures(connection: sa.Connection, keys: tuple[str, ...], at: str) -> None:
    """A login failed."""
    connection.execute(sa.insert(FAILURES), [{"key": key, "at": at} for key in keys])


def drop_failures(connection: sa.Connection, *, before: str) -> None:
    """Forget the failures that no longer count."""
    connection.execute(sa.delete(FAILURES).where(FAILURES.c.at < before))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _oldest(now: str) -> str:
    return seconds_from(now, -LONGEST_SECONDS)
