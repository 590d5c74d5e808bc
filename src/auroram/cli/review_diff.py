"""auroram review diff OLD NEW"""

import argparse
from pathlib import Path

from auroram.records.decision import read_decisions
from auroram.records.release import DECISIONS
from auroram.review.release.difference import Difference, difference
from auroram.review.release.reading import read_release

MOST_IDS = 20


def parser() -> argparse.ArgumentParser:
    """What `auroram review diff` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review diff", description="Says what changed from one release to another."
    )
    result.add_argument("old", type=Path, help="folder of the earlier release")
    result.add_argument("new", type=Path, help="folder of the later one")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print what changed."""
    old, new = read_release(arguments.old), read_release(arguments.new)
    digests = tuple(entry.sha256 for entry in read_decisions(arguments.new / DECISIONS))
    found = difference(old, new, log_digests=digests)
    print("\n".join(lines_of(found)))
    return 0


def lines_of(found: Difference) -> list[str]:
    """The difference as text; long lists of ids are cut, with their length."""
    lines = []
    for word, ids in (
        ("added", found.added),
        ("removed", found.removed),
        ("reworded", found.reworded),
        ("reviewed by a person since", found.newly_reviewed),
    ):
        shown = ", ".join(ids[:MOST_IDS]) + (", ..." if len(ids) > MOST_IDS else "")
        lines.append(f"{word}: {len(ids)}{f'  ({shown})' if ids else ''}")
    moved = [f"{name} {count:+}" for name, count in sorted(found.languages.items()) if count]
    lines.append(f"by language: {', '.join(moved) or 'no change'}")
    lines.append(
        "the later log goes on from the earlier one"
        if found.continues
        else "the logs differ: these releases are from different desks"
    )
    return lines
