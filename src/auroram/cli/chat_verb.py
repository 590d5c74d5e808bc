"""auroram chat RUN [--stage base|cap|cat] [--guard JUDGE]"""

import argparse
import sys

from auroram.cli.served import add_arguments, served_model
from auroram.errors import DataError
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
    """Answer line by line; 2 where there was no room for the answer to one."""
    finished = RunFolder(arguments.run).finished()
    model = served_model(arguments, finished)
    for sentence in notices(finished):
        print(f"note: {sentence}", file=sys.stderr)
    conversation: list[Message] = []
    code = 0
    while (line := _line()) is not None:
        if not line:
            conversation.clear()
            continue
        conversation.append(Message(role="user", content=line))
        try:
            reply = model.chat(conversation)
        except DataError as error:
            print(f"auroram: {error}; an empty line begins a new one", file=sys.stderr)
            conversation.pop()
            code = 2
            continue
        conversation.append(Message(role="assistant", content=reply))
        print(reply, flush=True)
    return code


def _line() -> str | None:
    """The next message; None at the end."""
    if sys.stdin.isatty():
        print("> ", end="", flush=True)
    line = sys.stdin.readline()
    return line.strip() if line else None
