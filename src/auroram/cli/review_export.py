"""auroram review export DATABASE FOLDER"""

import argparse
from pathlib import Path

from auroram.errors import DataError
from auroram.records.draft import write_drafts
from auroram.records.json_lines import write_json_lines
from auroram.review.store.accounts import account_rows
from auroram.review.store.database import Database
from auroram.review.store.log import items_after
from auroram.review.verifying import verified_log


def parser() -> argparse.ArgumentParser:
    """What `auroram review export` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review export",
        description="Writes drafts.jsonl, decisions.jsonl with its chain, and accounts.jsonl "
        "without passwords. Accounts hold names: keep that file to yourself.",
    )
    result.add_argument("database", help="a file, or a postgresql:// URL")
    result.add_argument("folder", type=Path, help="where to write; must be new or empty")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Write the three files."""
    folder: Path = arguments.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: not an empty folder; name a new one")
    database = Database(arguments.database)
    log = verified_log(database)
    with database.reading() as connection:
        items, accounts = items_after(connection, 0), account_rows(connection)
    write_drafts(folder / "drafts.jsonl", (item.draft for item in items))
    write_json_lines(folder / "decisions.jsonl", log)
    write_json_lines(folder / "accounts.jsonl", accounts)
    print(f"wrote {len(items)} drafts, {len(log)} decisions, {len(accounts)} accounts to {folder}")
    return 0
