"""auroram corpus calibrate | rethreshold | explain | sample | disparity | export | robots ..."""

import argparse
from importlib import import_module

VERBS = {
    "calibrate": "compute bounds for a language from documents that are trusted",
    "rethreshold": "say what other bounds would keep and drop, without reading text",
    "explain": "say all about one document",
    "sample": "show what a rule throws away",
    "disparity": "say whom the rules of harmful text hit",
    "export": "write a corpus stage's documents in another format",
    "robots": "take snapshots of robots.txt out of web archives",
    "train-classifier": "train a classifier of harmful text from labels",
}
"""Verb to what it does; each is the file `corpus_<verb>.py`, imported when it is asked for."""


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus` can be told."""
    width = max(map(len, VERBS))
    lines = [f"  {verb:<{width}}  {what}" for verb, what in VERBS.items()]
    result = argparse.ArgumentParser(
        prog="auroram corpus",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Asks a finished corpus stage, or prepares one.\n\n" + "\n".join(lines),
        epilog="`auroram corpus VERB --help` says more.",
    )
    result.add_argument("verb", choices=VERBS, metavar="VERB", help="one of the above")
    result.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="what it is told")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    module = import_module(f"auroram.cli.corpus_{arguments.verb.replace('-', '_')}")
    code: int = module.main(module.parser().parse_args(arguments.words))
    return code
