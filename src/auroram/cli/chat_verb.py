"""auroram chat RUN --stage base|cap|cat [--guard JUDGE]"""

import argparse
import sys

from auroram.cli.served import add_arguments, served_model
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.status import notices
from auroram.records.message import Message


def parser() -> argparse.ArgumentParser:
    """What `auroram chat` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram chat",
        description="Talks to a model of a run, greedily. A line is a message; an empty line "
        "begins a new conversation; Ctrl-D ends.",
    )
    add_arguments(result)
    return result


def main(arguments: argparse.Namespace) -> int:
    """Answer line by line."""
    finished = RunFolder(arguments.run).finished()
    model = served_model(arguments, finished)
    for sentence in notices(finished):
        print(f"note: {sentence}", file=sys.stderr)
    conversation: list[Message] = []
    while (line := _line()) is not None:
        if not line:
            conversation.clear()
            continue
        conversation.append(Message(role="user", content=line))
        reply = model.chat(conversation)
        conversation.append(Message(role="assistant", content=reply))
        print(reply, flush=True)
    return 0


def _line() -> str | None:
    """The next message; None at the end."""
    if sys.stdin.isatty():
        print("> ", end="", flush=True)
    line = sys.stdin.readline()
    return line.strip() if line else None
