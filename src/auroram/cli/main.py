"""The command line: finds the verb, and turns errors into words and an exit code.

Exit codes: 0 done; 1 the work failed and can be run again; 2 the input is wrong; 130 stopped.
"""

import errno
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module

from auroram import __version__
from auroram.errors import RunError, UserError
from auroram.garbage import search_rarely
from auroram.train.ranks.world import world_size

VERBS = {
    "run": "run a recipe, or go on where it stopped",
    "launch": "run a recipe on several ranks or nodes, and start again when one dies",
    "status": "show what a run has done and measured",
    "verify": "re-hash a run and name the first file that was touched",
    "plan": "say what a recipe will cost before it runs",
    "redteam": "build safety data for people to review, and trace an item of it",
    "corpus": "calibrate rules, explain documents, sample what a rule drops",
    "vocabulary": "count the tokens that a model spends on each language",
    "review": "have people decide on drafts, and release what they accepted",
    "report": "draw a run's page again",
    "compare": "compare models item by item: what was gained, what was lost, how sure",
    "export": "write results for lm-evaluation-harness's readers, or a model card",
    "takedown": "take documents out of a run, and say who learnt them",
    "assess": "say what a run's models do with harmful requests, and fail where it got worse",
    "judge": "measure a judge of replies against people's labels",
    "evaluate": "put tasks to a model: multiple choice, bits per byte, replies, programs",
    "chat": "talk to a model of a run",
    "serve": "serve a model of a run to whatever speaks OpenAI's API",
    "import": "convert a GGUF file to a Hugging Face folder",
}
"""Verb to what it does. The module of a verb is imported only when it is asked for, so that
`auroram --help` does not wait for torch."""


_REFUSALS = (errno.EACCES, errno.EPERM, errno.EROFS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    search_rarely()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(_help())
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        print(f"auroram {__version__}")
        return 0
    if words[0] not in VERBS:
        print(f"auroram: unknown verb {words[0]!r}; known: {', '.join(VERBS)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return _guarded(words[0], words[1:])


def _help() -> str:
    width = max(map(len, VERBS))
    lines = [f"  {verb:<{width}}  {what}" for verb, what in VERBS.items()]
    return "\n".join(
        [
            "usage: auroram VERB ...",
            "",
            "Turns an open base language model into a multilingual one that is safe.",
            "",
            *lines,
            "",
            "`auroram VERB --help` says more.",
        ]
    )


def _guarded(verb: str, words: Sequence[str]) -> int:
    try:
        module = import_module(f"auroram.cli.{verb}_verb")
        code: int = module.main(_parsed(module.parser(), words))
    except UserError as error:
        _tell(str(error))
        return 2
    except RunError as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        # Ranks are stopped by their launcher, which says why.
        if world_size() == 1:
            print(_stopped(verb, words), file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    except Exception as error:
        is_full = _disk_full(error)
        sentence = _no_space(verb, words) if is_full else _not_allowed(error)
        if not sentence:
            raise
        _tell(sentence)
        return 1 if is_full else 2
    return code


def _tell(sentence: str) -> None:
    from auroram.cli.progress import Display  # noqa: PLC0415 -- help does without

    Display.close()
    print(f"auroram: {sentence}", file=sys.stderr)


def _parsed(parser: ArgumentParser, words: Sequence[str]) -> Namespace:
    """The words of a verb; overrides may stand behind options."""
    try:
        return parser.parse_intermixed_args(words)
    except TypeError:  # where a verb has verbs of its own
        return parser.parse_args(words)


def _stopped(verb: str, words: Sequence[str]) -> str:
    if verb not in ("run", "launch"):
        return "\nauroram: stopped"
    again = f"auroram {verb} {' '.join(words)}"
    return f"\nauroram: stopped; nothing finished is lost. Go on with: {again}"


def _no_space(verb: str, words: Sequence[str]) -> str:
    again = f"auroram {verb} {' '.join(words)}"
    return f"the disk is full; free some space and go on with: {again}"


def _not_allowed(error: Exception) -> str:
    """A sentence where the system let us not read or write a file; empty for any other error."""
    if not isinstance(error, OSError) or error.errno not in _REFUSALS or not error.filename:
        return ""
    return f"{error.filename}: {error.strerror}; look at its rights, or name another place"


def _disk_full(error: BaseException | None) -> bool:
    """Whether the error, or what caused it, is a lack of space.

    Libraries that write through native code keep the system's words but not its number.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "No space left on device" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    sys.exit(main())
