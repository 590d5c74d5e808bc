"""Logging in, with a limit on how often it may fail."""

from auroram.errors import DataError, UserError
from auroram.review.clock import now, seconds_from
from auroram.review.passwords import matches
from auroram.review.store.accounts import find_account
from auroram.review.store.database import Database
from auroram.review.store.sessions import (
    add_failures,
    begin_session,
    drop_failures,
    failures_since,
)

WINDOW_SECONDS = 15 * 60.0
MOST_FAILURES = 5
"""For one name from one address, within the window."""
MOST_OF_ADDRESS = 30
MOST_OF_NAME = 50
"""For one name from anywhere: high, so that a stranger cannot lock somebody out with ease."""


class LoginError(UserError):
    """Who they are was not shown; the sentence does not say which part was wrong."""


class TooManyError(LoginError):
    """Too many logins failed; even the right password is not looked at for a while."""


def log_in(database: Database, name: str, password: str, *, address: str) -> str:
    """Begin a session; returns its token.

    Raises:
        LoginError: where name and password do not go together.
        TooManyError: where too many attempts failed in the last quarter of an hour.
    """
    at = now()
    since = seconds_from(at, -WINDOW_SECONDS)
    limits = {
        f"both:{name.casefold()}@{address}": MOST_FAILURES,
        f"address:{address}": MOST_OF_ADDRESS,
        f"name:{name.casefold()}": MOST_OF_NAME,
    }
    with database.reading() as connection:
        if any(failures_since(connection, key, since) >= most for key, most in limits.items()):
            raise TooManyError("too many attempts failed; wait a quarter of an hour and try again")
    account = _proven(database, name, password)
    with database.writing() as connection:
        if account is not None:
            return begin_session(connection, account, at)
        drop_failures(connection, before=since)
        add_failures(connection, tuple(limits), at)
    raise LoginError("this name and password do not go together")


def _proven(database: Database, name: str, password: str) -> str | None:
    """Id of the account whose password this is; None for any other."""
    try:
        with database.reading() as connection:
            found = find_account(connection, name)
    except DataError:
        found = None
    fits = matches(password, found[1] if found else None)
    return found[0].id if found and fits and found[0].active else None
