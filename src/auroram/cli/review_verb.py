"""auroram review serve | import | user | export | release | diff | verify ..."""

import argparse
from importlib import import_module
from importlib.util import find_spec

from auroram.errors import ConfigError

VERBS = {
    "import": "bring drafts, or a whole desk that was exported, to a desk",
    "user": "make accounts, or change them",
    "serve": "open the desk's web pages",
    "release": "write what was accepted as an immutable set",
    "diff": "say what changed between two releases",
    "export": "write a whole desk as JSON lines, to keep or to move",
    "verify": "check that the log is as it was written",
}
"""Verb to what it does; each is the file `review_<verb>.py`, imported when it is asked for."""

NEEDS = ("sqlalchemy", "alembic", "fastapi", "uvicorn", "argon2", "multipart", "pg8000")


def parser() -> argparse.ArgumentParser:
    """What `auroram review` can be told."""
    width = max(map(len, VERBS))
    lines = [f"  {verb:<{width}}  {what}" for verb, what in VERBS.items()]
    result = argparse.ArgumentParser(
        prog="auroram review",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Has people decide on drafts, and releases what they accepted.\n\n"
        + "\n".join(lines),
        epilog="`auroram review VERB --help` says more. A desk is a file of SQLite, or a "
        "PostgreSQL by its URL.",
    )
    result.add_argument("verb", choices=VERBS, metavar="VERB", help="one of the above")
    result.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="what it is told")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"review needs more packages; pip install 'auroram[review]' ({missing[0]})"
        )
    module = import_module(f"auroram.cli.review_{arguments.verb}")
    code: int = module.main(module.parser().parse_args(arguments.words))
    return code
