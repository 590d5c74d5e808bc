"""auroram review verify DATABASE [--release FOLDER]"""

import argparse
from pathlib import Path

from auroram.review.release.reading import read_release
from auroram.review.store.database import Database
from auroram.review.verifying import Witness, verified_log


def parser() -> argparse.ArgumentParser:
    """What `auroram review verify` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review verify",
        description="Checks every decision's digest and place, and the draft that it was made on. "
        "Whoever can write to the database could write a whole new log: a release, kept elsewhere, "
        "is the witness against that.",
    )
    result.add_argument("database", help="a file, or a postgresql:// URL")
    result.add_argument(
        "--release", type=Path, action="append", default=[], help="a release made from this desk"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Check and say what was."""
    releases = [read_release(folder) for folder in arguments.release]
    witnesses = tuple(
        Witness(name=str(one.folder), number=one.facts.log_number, sha256=one.facts.log_sha256)
        for one in releases
    )
    log = verified_log(Database(arguments.database), witnesses)
    held = "1 release holds it" if len(releases) == 1 else f"{len(releases)} releases hold it"
    beside = f", and as {held}" if releases else ""
    print(f"{len(log)} decisions: the log is as it was written{beside}")
    return 0
