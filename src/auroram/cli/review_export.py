"""auroram review export DATABASE FOLDER [--passwords]"""

import argparse
from pathlib import Path

from auroram.review.moving import write_desk
from auroram.review.store.database import Database


def parser() -> argparse.ArgumentParser:
    """What `auroram review export` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review export",
        description="Writes a whole desk as JSON lines: drafts, how each is reviewed, the log with "
        "its chain, and accounts. `auroram review import` makes a desk of them in another "
        "database. Accounts hold names: keep the folder to yourself.",
    )
    result.add_argument("database", help="a file, or a postgresql:// URL")
    result.add_argument("folder", type=Path, help="where to write; must be new or empty")
    result.add_argument(
        "--passwords",
        action="store_true",
        help="the hashes of passwords too, so that everybody can log in at the new desk",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Write the desk and say what it holds."""
    database = Database(arguments.database)
    facts = write_desk(database, arguments.folder, passwords=arguments.passwords)
    print(
        f"wrote {facts.drafts} drafts, {facts.decisions} decisions, {facts.accounts} accounts to "
        f"{arguments.folder}"
    )
    return 0
