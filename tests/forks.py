"""The command in processes that start at once, forked from one that has imported all they need.

To import torch and transformers takes a process five seconds. That a process which has imported
nothing does the same is for the tests that start one.
"""

import os
import sys
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from auroram.cli.main import main
from auroram.pipeline.stages import CODE

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "pytest",
        "auroram.cli.chat_verb",
        "auroram.cli.planned",
        "auroram.cli.running",
        "auroram.model.chat",
        "transformers.models.llama.modeling_llama",
        *(f"auroram.{module}" for module in CODE.values()),
    ]
)


@dataclass(frozen=True)
class Ended:
    """As `subprocess.run` tells of a process."""

    returncode: int
    stdout: str
    stderr: str


def start(words, streams: Path):
    """A process of the command; what it reads and says lies in files of this folder."""
    streams.mkdir(exist_ok=True)
    (streams / "stdin").touch()
    process = FORKS.Process(target=_work, args=([*map(str, words)], streams, Path.cwd()))
    process.start()
    return process


def ended(words, streams: Path, *, given="") -> Ended:
    """What came of the command, once it has come to its end."""
    streams.mkdir(exist_ok=True)
    (streams / "stdin").write_text(given)
    process = start(words, streams)
    process.join()
    said = [(streams / name).read_text() for name in ("stdout", "stderr")]
    return Ended(process.exitcode, *said)


def _work(words, streams, folder):
    os.chdir(folder)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        with (streams / name).open("w" if number else "r") as file:
            os.dup2(file.fileno(), number)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.exit(main(words))
