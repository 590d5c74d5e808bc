"""auroram takedown LIST RUN [--json]"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from auroram.cli.progress import Display
from auroram.corpus.readers.locations import shown
from auroram.corpus.takedown import read_takedowns
from auroram.pipeline.learnt import Learnt, learnt
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.takedown import FallenCorpus, Reach, Takedown, take_down
from auroram.records.canonical import plain


def parser() -> argparse.ArgumentParser:
    """What `auroram takedown` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram takedown",
        description="Takes the documents that a list names, and their near-duplicates, out of "
        "everything that the run exports and trains from now on, and says what was learnt of them "
        "before. No file of a finished stage changes.",
    )
    result.add_argument(
        "list",
        help="a .jsonl or .csv file, a path or a URL; each row has one of url, domain, id, "
        "sha256, and reason and requested_at",
    )
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument("--json", action="store_true", help="print everything as JSON")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Take the documents down and print the account."""
    takedowns = read_takedowns(arguments.list, name=shown(arguments.list))
    folder = RunFolder(arguments.run)
    folder.recipe()  # a folder that is no run is told before it is locked, which would make it
    with folder.locked():
        done = take_down(folder, takedowns, Display(sys.stderr))
        account = learnt(folder.finished())
    if arguments.json:
        table = {
            "requests": plain(done.reaches),
            "corpora": plain(done.corpora),
            "files": [str(file) for file in done.files],
            "tombstones": plain(done.tombstones),
            "learnt": plain(account),
        }
        print(json.dumps(table, indent=1, ensure_ascii=False))
        return 0
    _print_reaches(done.reaches)
    _print_learnt(account)
    _print_untokenised(done.corpora)
    print(_ending(done))
    return 0


def _print_reaches(reaches: Sequence[Reach]) -> None:
    width = max(len(reach.request.words) for reach in reaches)
    print(f"{'request':<{width}}  documents  copies    tokens")
    for reach in reaches:
        found = f"{reach.documents:>9}  {reach.copies:>6}  {reach.tokens:>8,}"
        print(f"{reach.request.words:<{width}}  {found if reach.documents else 'not in the run'}")


def _print_learnt(account: Sequence[Learnt]) -> None:
    print()
    if not account:
        print("no finished stage has learnt any of it")
        return
    print(f"{'stage':<14}{'domain':<16}documents  their tokens  tokens read  most passes")
    for stage, domain in dict.fromkeys((one.stage, one.domain) for one in account):
        own = [one for one in account if (one.stage, one.domain) == (stage, domain)]
        print(
            f"{stage:<14}{domain:<16}{len(own):>9}  {sum(one.tokens for one in own):>12,}  "
            f"{sum(one.read_tokens for one in own):>11,}  {max(one.most_reads for one in own):>11}"
        )


def _print_untokenised(corpora: Sequence[FallenCorpus]) -> None:
    for corpus in corpora:
        if not corpus.is_tokenised:
            print(
                f"\n{corpus.stage}: no token stage has read it; `auroram corpus export` leaves out "
                f"{corpus.documents:,} of its documents from now on ({corpus.file}), and training "
                "does not learn them where it is tokenised later."
            )


def _ending(done: Takedown) -> str:
    if not done.corpora and not done.files:
        return "nothing to take down"
    if not done.files:
        return "no tokens to take down"
    return (
        f"\n{len(done.tombstones)} tombstones: training stages skip them from their next start "
        f"({', '.join(map(str, done.files))}). A finished stage keeps its model; delete its folder "
        "and run again to train without them."
    )
