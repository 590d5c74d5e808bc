"""auroram review release DATABASE FOLDER [--name safety]"""

import argparse
from pathlib import Path

from auroram.review.desk import Desk
from auroram.review.release.contents import contents_of
from auroram.review.release.writing import write_release
from auroram.review.store.database import Database
from auroram.review.verifying import verified_log


def parser() -> argparse.ArgumentParser:
    """What `auroram review release` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review release",
        description="Writes what was accepted, and the whole log, into a folder of its own named "
        "by its digest. A release never changes: the same decisions give the same folder.",
    )
    result.add_argument("database", help="a file, or a postgresql:// URL")
    result.add_argument("folder", type=Path, help="where releases lie")
    result.add_argument(
        "--name", default="safety", help="what the release is called; safety by default"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Release, and say how much of it people decided."""
    database = Database(arguments.database)
    verified_log(database)
    with Desk(database).reading() as state:
        contents = contents_of(state)
    place, facts = write_release(contents, arguments.folder, name=arguments.name)
    print(f"{place}: {facts.accepted} exchanges, {len(contents.preferences)} preference pairs")
    print(
        f"decisions: {facts.decisions_by_people} by {facts.people} people, "
        f"{facts.decisions_by_software} by {facts.software} pieces of software"
    )
    if facts.unreviewed:
        print(
            f"{facts.unreviewed} of the exchanges were decided by software alone: they are marked "
            "as not reviewed, and training refuses them without allow_unreviewed = true"
        )
    return 0
