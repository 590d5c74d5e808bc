"""auroram chat RUN --stage base|cap|cat"""

import argparse
import sys
from pathlib import Path

from auroram.errors import DataError
from auroram.model.folder import load_model
from auroram.model.generation import greedy
from auroram.model.tokenizer import load_tokenizer
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
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument("--stage", default="cat", help="whose model: base, cap, cat, ...")
    result.add_argument("--max-tokens", type=int, default=128, help="longest reply, in tokens")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Answer line by line."""
    folder = RunFolder(arguments.run)
    finished = folder.finished()
    models = [name for name, stage in finished.items() if (stage.folder / "model").is_dir()]
    if arguments.stage not in models:
        have = ", ".join(models) or "none; run the recipe first"
        raise DataError(f"{arguments.run}: stage {arguments.stage!r} has no model; have: {have}")
    place = finished[arguments.stage].folder / "model"
    model, tokenizer = load_model(place), load_tokenizer(place)
    for sentence in notices(finished):
        print(f"note: {sentence}", file=sys.stderr)
    conversation: list[Message] = []
    while (line := _line()) is not None:
        if not line:
            conversation.clear()
            continue
        conversation.append(Message(role="user", content=line))
        prompt = tokenizer.chat(conversation, reply=True)
        reply = tokenizer.decode(
            greedy(model, tokenizer, [prompt], max_tokens=arguments.max_tokens)[0]
        )
        conversation.append(Message(role="assistant", content=reply))
        print(reply, flush=True)
    return 0


def _line() -> str | None:
    """The next message; None at the end."""
    if sys.stdin.isatty():
        print("> ", end="", flush=True)
    line = sys.stdin.readline()
    return line.strip() if line else None
