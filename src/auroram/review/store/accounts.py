"""Accounts, as rows."""

import json
import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError as Clash

from auroram.errors import DataError
from auroram.review.accounts import Account, name_key
from auroram.review.clock import now
from auroram.review.store.schema import ACCOUNTS, SESSIONS

LISTS = ("languages", "skills", "opt_outs")
COLUMNS = [column for column in ACCOUNTS.c if column.name in Account.__dataclass_fields__]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An account with what the desk keeps beside it."""

    account: Account
    password: str
    """Its hash; empty where it was left out, and then no password fits."""
    created_at: str


def new_id() -> str:
    """An id for an account: 64 random bits, which say nothing of whose it is."""
    return secrets.token_hex(8)


def insert_account(connection: sa.Connection, account: Account, password: str) -> None:
    """Add an account.

    Args:
        connection: in a transaction.
        account: with an id of its own.
        password: its hash, as `passwords` makes it.

    Raises:
        DataError: where another account has the name, or one that looks the same.
    """
    keep_account(connection, Kept(account=account, password=password, created_at=now()))


def keep_account(connection: sa.Connection, kept: Kept) -> None:
    """Add an account that another desk kept.

    Raises:
        DataError: where another account has the name, or one that looks the same.
    """
    account = kept.account
    row = {column.name: getattr(account, column.name) for column in COLUMNS}
    lists = {name: json.dumps(row[name]) for name in LISTS}
    beside = {
        "name_key": name_key(account.name),
        "password": kept.password,
        "created_at": kept.created_at,
    }
    try:
        connection.execute(sa.insert(ACCOUNTS), row | lists | beside)
    except Clash as error:
        raise DataError(
            f"account {account.name!r}: there is one of this name, or one that differs in case "
            "alone; choose another name"
        ) from error


def update_account(connection: sa.Connection, account_id: str, **values: object) -> None:
    """Set columns of an account; kind and id never change."""
    written = {name: json.dumps(v) if name in LISTS else v for name, v in values.items()}
    connection.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(written))


def end_sessions(connection: sa.Connection, account_id: str) -> None:
    """Log the account out everywhere."""
    connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.account == account_id))


def account_rows(connection: sa.Connection) -> list[Account]:
    """All accounts, in the order of their names."""
    rows = connection.execute(sa.select(*COLUMNS).order_by(ACCOUNTS.c.name_key))
    return [account_of(row._asdict()) for row in rows]


def kept_accounts(connection: sa.Connection) -> list[Kept]:
    """All accounts with what is kept beside them, in the order of their names."""
    beside = (ACCOUNTS.c.password, ACCOUNTS.c.created_at)
    rows = connection.execute(sa.select(*COLUMNS, *beside).order_by(ACCOUNTS.c.name_key))
    found = []
    for row in rows:
        values = row._asdict()
        password, created_at = values.pop("password"), values.pop("created_at")
        found.append(Kept(account=account_of(values), password=password, created_at=created_at))
    return found


def find_account(connection: sa.Connection, name: str) -> tuple[Account, str] | None:
    """The account of this name and the hash of its password; None where there is none."""
    query = sa.select(*COLUMNS, ACCOUNTS.c.password).where(ACCOUNTS.c.name_key == name_key(name))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    password: str = values.pop("password")
    return account_of(values), password


def account_of(values: dict[str, object]) -> Account:
    """The account that a row holds."""
    lists = {name: tuple(json.loads(str(values[name]))) for name in LISTS}
    return Account(**(values | lists))  # type: ignore[arg-type]
