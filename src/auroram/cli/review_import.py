"""auroram review import DATABASE DRAFTS|DESK [--reviews 2] [--skill CONCERN=SKILL]"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from auroram.errors import ConfigError
from auroram.records.draft import Draft
from auroram.review.drafts import read_checked_drafts
from auroram.review.intake import Intake, take_in
from auroram.review.moving import bring, is_desk, read_desk
from auroram.review.store.database import Database
from auroram.review.verifying import verified_log


def parser() -> argparse.ArgumentParser:
    """What `auroram review import` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram review import",
        description="Brings drafts to a desk, which is made if there is none. Drafts that the desk "
        "has already are left as they are. A folder that `auroram review export` wrote is brought "
        "whole, with its log and accounts, into a database that holds no desk yet.",
    )
    result.add_argument("database", help="a file, or a postgresql:// URL")
    result.add_argument(
        "drafts", type=Path, help="a drafts.jsonl, the folder that holds it, or an exported desk"
    )
    result.add_argument(
        "--reviews", type=int, default=2, help="blind reviews of each new draft; 2 by default"
    )
    result.add_argument(
        "--skill",
        action="append",
        default=[],
        metavar="CONCERN=SKILL",
        help="drafts on this concern go only to reviewers with the skill",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Import and say how many."""
    if is_desk(arguments.drafts):
        return _bring(arguments)
    if not 1 <= arguments.reviews <= 9:
        raise ConfigError(f"--reviews must lie between 1 and 9 ({arguments.reviews} given)")
    drafts = read_checked_drafts(arguments.drafts)
    intake = Intake(reviews=arguments.reviews, skills=dict(map(_pair, arguments.skill)))
    _check_concerns(intake, drafts)
    database = Database(arguments.database, create=True)
    new = take_in(database, drafts, intake, place=str(arguments.drafts))
    print(f"{new} new drafts at the desk; {len(drafts) - new} were there already")
    return 0


def _check_concerns(intake: Intake, drafts: Sequence[Draft]) -> None:
    """A skill for a concern that no draft has would keep nothing back."""
    known = sorted({one.concern for one in drafts})
    if unknown := [one for one in intake.skills if one not in known]:
        raise ConfigError(
            f"--skill: no draft is on {unknown[0]!r}; the drafts are on {', '.join(known)}"
        )


def _bring(arguments: argparse.Namespace) -> int:
    desk = read_desk(arguments.drafts)
    database = Database(arguments.database, create=True)
    bring(database, desk)
    log = verified_log(database)
    print(
        f"a whole desk: {len(desk.items)} drafts, {len(log)} decisions, {len(desk.accounts)} "
        "accounts; the log is as it was written"
    )
    if without := [kept.account.name for kept in desk.accounts if not kept.password]:
        print(
            f"{len(without)} accounts have no password yet: `auroram review user DATABASE NAME "
            "--password` sets one, and an export with --passwords brings them"
        )
    return 0


def _pair(words: str) -> tuple[str, str]:
    concern, sign, skill = words.partition("=")
    if not (concern and sign and skill):
        raise ConfigError(f"--skill is written CONCERN=SKILL ({words!r} given)")
    return concern, skill
