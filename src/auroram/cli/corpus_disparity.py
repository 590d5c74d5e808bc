"""auroram corpus disparity [RUN] [--language TAG] [--fewest 20] [--json]"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from auroram.cli.corpus_stages import add_run, corpus_stages
from auroram.corpus.harm_disparity import Disparity, recorded_disparities
from auroram.errors import DataError


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus disparity` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus disparity",
        description="Says whom the rules of harmful text hit: for each word for people, how many "
        "documents hold it and which share of them broke a rule, beside the share of all "
        "documents. A * marks a difference beyond chance. Read it before harmful text is dropped.",
    )
    add_run(result, reads_text=False)
    result.add_argument("--language", default="", help="only words of this language")
    result.add_argument(
        "--fewest", type=int, default=20, help="leave out words of fewer documents; 20 by default"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the table of each stage, the largest differences beyond chance first."""
    tables = {
        stage.name: [
            one
            for one in recorded_disparities(stage.finished.manifest)
            if one.documents >= arguments.fewest and arguments.language in ("", one.language)
        ]
        for stage in corpus_stages(arguments)
    }
    if not any(tables.values()):
        raise DataError(
            f"{', '.join(tables)}: no such word for people in {arguments.fewest} documents or "
            "more; ask with a lower --fewest, name words in harm.identity_terms, or run the stage "
            "with harm.action = 'tag'"
        )
    if arguments.json:
        plain = {name: [asdict(one) for one in rows] for name, rows in tables.items()}
        print(json.dumps(plain, indent=1, ensure_ascii=False))
        return 0
    for name, rows in tables.items():
        print(f"{name}: documents that broke a rule of harm, by the people they speak of")
        for line in _lines(rows):
            print(line)
    return 0


def _lines(rows: Sequence[Disparity]) -> Iterator[str]:
    ordered = sorted(rows, key=lambda one: (not one.is_apart, -abs(one.rate - one.all_rate)))
    yield f"  {'':<9}{'group':<14}{'word':<22}{'documents':>10}{'share':>9}{'95 %':>18}{'all':>9}"
    for one in ordered:
        interval = f"{one.low:.1%} to {one.high:.1%}"
        yield (
            f"{'*' if one.is_apart else ' '} {one.language:<9}{one.group:<14}{one.term:<22}"
            f"{one.documents:>10,}{one.rate:>9.1%}{interval:>18}{one.all_rate:>9.1%}"
        )
