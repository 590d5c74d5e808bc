"""auroram review user DATABASE [NAME] --role reviewer --kind person"""

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from auroram.errors import ConfigError, DataError
from auroram.records.draft import Actor
from auroram.review.accounts import Account, Role, check_password
from auroram.review.desk import Desk
from auroram.review.passwords import hashed
from auroram.review.store.accounts import (
    account_rows,
    end_sessions,
    find_account,
    insert_account,
    new_id,
    update_account,
)
from auroram.review.store.database import Database
from auroram.review.store.log import items_after

DAILY_CAP = 120


def parser() -> argparse.ArgumentParser:
    """What `auroram review user` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review user",
        description="Without a name, lists the accounts. With the name of an account, changes what "
        "is given; with a new name, makes an account. Its kind can never be changed.",
    )
    result.add_argument("database", help="a file, or a postgresql:// URL")
    result.add_argument("name", nargs="?", help="what the account is called")
    result.add_argument("--role", choices=get_args(Role))
    result.add_argument(
        "--kind", choices=get_args(Actor), help="who decides; recorded with each decision"
    )
    result.add_argument("--languages", help="that the account reads, such as en,fi; all by default")
    result.add_argument("--skills", help="that drafts may need, such as biosecurity,chemistry")
    result.add_argument("--cap", type=int, help=f"most decisions a day; {DAILY_CAP} by default")
    result.add_argument("--close", action="store_true", help="the account may no longer log in")
    result.add_argument("--reopen", action="store_true", help="the account may log in again")
    result.add_argument("--password", action="store_true", help="set a new password")
    result.add_argument(
        "--password-file", type=Path, help="a file with the password; asked for otherwise"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """List, make or change."""
    makes = arguments.name is not None and None not in (arguments.role, arguments.kind)
    database = Database(arguments.database, create=makes)
    if arguments.name is None:
        _list(database)
        return 0
    with database.reading() as connection:
        found = find_account(connection, arguments.name)
    if found is None:
        _make(database, arguments)
    else:
        _change(database, found[0], arguments)
    return 0


def _list(database: Database) -> None:
    with database.reading() as connection:
        accounts = account_rows(connection)
    for one in accounts:
        languages = ",".join(one.languages) or "all languages"
        closed = "" if one.active else "  closed"
        print(f"{one.name:<24}{one.kind:<10}{one.role:<13}{languages}{closed}")
    if not accounts:
        print("no accounts yet")
    for shortage in Desk(database).shortages():
        print(f"note: {shortage}")


def _make(database: Database, arguments: argparse.Namespace) -> None:
    if arguments.role is None or arguments.kind is None:
        raise ConfigError(
            f"there is no account {arguments.name!r}; to make it give --role and --kind"
        )
    account = Account(
        id=new_id(),
        name=arguments.name,
        kind=arguments.kind,
        role=arguments.role,
        languages=_list_of(arguments.languages),
        skills=_list_of(arguments.skills),
        daily_cap=_cap(arguments),
    )
    password = hashed(_password(arguments))
    with database.writing() as connection:
        insert_account(connection, account, password)
    print(f"made {account.name}: {account.role}, {account.kind}")
    _note_languages(database, account.languages)


def _change(database: Database, account: Account, arguments: argparse.Namespace) -> None:
    if arguments.kind is not None:
        raise DataError(
            f"account {account.name!r}: there is one of this name already, of kind {account.kind}; "
            "choose another name, or leave --kind out to change the rest of it"
        )
    values = _changes(arguments)
    if not values:
        raise ConfigError(f"say what to change of {account.name!r}; --help lists it")
    with database.writing() as connection:
        update_account(connection, account.id, **values)
        end_sessions(connection, account.id)
    print(f"changed {account.name}: {', '.join(values)}; its sessions have ended")
    _note_languages(database, _list_of(arguments.languages))


def _note_languages(database: Database, languages: Sequence[str]) -> None:
    """A language in which no draft waits may be a slip of the pen, or its drafts come later."""
    with database.reading() as connection:
        known = sorted({item.draft.language for item in items_after(connection, 0)})
    for one in languages if known else ():
        if one not in known:
            print(f"note: no draft at the desk is in {one!r}; they are in {', '.join(known)}")


def _changes(arguments: argparse.Namespace) -> dict[str, object]:
    values: dict[str, object] = {}
    if arguments.role:
        values["role"] = arguments.role
    if arguments.languages is not None:
        values["languages"] = _list_of(arguments.languages)
    if arguments.skills is not None:
        values["skills"] = _list_of(arguments.skills)
    if arguments.cap is not None:
        values["daily_cap"] = _cap(arguments)
    if arguments.close or arguments.reopen:
        values["active"] = bool(arguments.reopen)
    if arguments.password or arguments.password_file:
        values["password"] = hashed(_password(arguments))
    return values


def _list_of(words: str | None) -> tuple[str, ...]:
    return tuple(sorted({word.strip() for word in (words or "").split(",") if word.strip()}))


def _cap(arguments: argparse.Namespace) -> int:
    cap: int = DAILY_CAP if arguments.cap is None else arguments.cap
    if cap < 1:
        raise ConfigError(f"--cap must be 1 or more ({cap} given)")
    return cap


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password_file:
        try:
            password = arguments.password_file.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{arguments.password_file}: cannot be read ({error})") from None
    elif sys.stdin.isatty():
        password = getpass.getpass(f"password of {arguments.name}: ")
        if getpass.getpass("again: ") != password:
            raise ConfigError("the two passwords differ; try again")
    else:
        raise ConfigError("a password is needed; give --password-file")
    check_password(password)
    return str(password)
