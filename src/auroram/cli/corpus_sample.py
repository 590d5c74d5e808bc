"""auroram corpus sample [RUN] --dropped-by RULE [--language TAG] [-n 5] [--json]"""

import argparse
import json
from dataclasses import asdict

from auroram.cli.corpus_stages import add_run, corpus_stages
from auroram.corpus.removed_paragraphs import STEPS
from auroram.corpus.samples import ParagraphSample, Sample, paragraph_samples, samples
from auroram.errors import ConfigError, DataError


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus sample` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus sample",
        description="Shows what a rule throws away: the same fair sample each time, with places, "
        "figures and the beginnings of the texts, which are read again from their sources. "
        "`boilerplate` and `language` show single paragraphs.",
    )
    add_run(result, reads_text=True)
    result.add_argument(
        "--dropped-by", required=True, metavar="RULE", help="such as low-mean-line or language"
    )
    result.add_argument("--language", default="", help="only documents of this language")
    result.add_argument("-n", type=int, default=5, help="how many of a stage; 5 by default")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the sample."""
    if arguments.n < 1:
        raise ConfigError(f"-n must be at least 1 (got {arguments.n})")
    found: list[Sample | ParagraphSample] = []
    faults: list[DataError] = []
    draw = paragraph_samples if arguments.dropped_by in STEPS else samples
    for stage in corpus_stages(arguments):
        try:
            found += draw(
                stage.finished,
                arguments.dropped_by,
                stage.root,
                language=arguments.language,
                n=arguments.n,
            )
        except DataError as fault:
            faults.append(fault)
    if not found:
        raise faults[0]
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False))
        return 0
    for one in found:
        _print(one)
    return 0


def _print(one: Sample | ParagraphSample) -> None:
    print(f"{one.id}  {one.language}  {one.source}, {one.record}")
    if isinstance(one, ParagraphSample):
        text = one.paragraph.text
        print(f"  {one.paragraph.why}, at {one.paragraph.start} to {one.paragraph.end}")
    else:
        text = one.text
        print(f"  {one.detail}  (first: {one.first})")
    for line in text.splitlines() or ["(the source is gone, out of reach or has changed)"]:
        print(f"  | {line}")
    print()
