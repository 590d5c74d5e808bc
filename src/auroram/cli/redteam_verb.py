"""auroram redteam build | trace ..."""

import argparse
from importlib import import_module

VERBS = {
    "build": "make requests on every concern, with drafted answers, for people to review",
    "trace": "show the whole chain of one item, from its source to its weight in training",
}
"""Verb to what it does; each is the file `redteam_<verb>.py`, imported when it is asked for."""


def parser() -> argparse.ArgumentParser:
    """What `auroram redteam` can be told."""
    width = max(map(len, VERBS))
    lines = [f"  {verb:<{width}}  {what}" for verb, what in VERBS.items()]
    result = argparse.ArgumentParser(
        prog="auroram redteam",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Builds safety data, and says where an item of it came from and went.\n\n"
        + "\n".join(lines),
        epilog="`auroram redteam VERB --help` says more.",
    )
    result.add_argument("verb", choices=VERBS, metavar="VERB", help="one of the above")
    result.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="what it is told")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    module = import_module(f"auroram.cli.redteam_{arguments.verb}")
    code: int = module.main(module.parser().parse_args(arguments.words))
    return code
