"""auroram serve RUN [--stage cat] [--port 8000] [--guard JUDGE]"""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from threading import Event
from types import FrameType

from auroram.cli.listening import address, bound, port
from auroram.cli.numbers import at_least
from auroram.cli.served import add_arguments, served_model
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.status import notices

Leave = Callable[[int, FrameType | None], None]

LONGEST_FAREWELL_SECONDS = 10
"""For a client that does not read what it is sent."""


def parser() -> argparse.ArgumentParser:
    """What `auroram serve` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram serve",
        description="Serves a model of a run to whatever speaks to OpenAI's API (garak, PyRIT, "
        "promptfoo, Inspect): /v1/chat/completions and /v1/completions. Replies are greedy. "
        "Ctrl-C ends.",
    )
    add_arguments(result)
    result.add_argument(
        "--host",
        default="127.0.0.1",
        help="where to listen; 127.0.0.1 by default, which this machine alone can reach",
    )
    result.add_argument(
        "--port", type=port, default=8000, help="8000 by default; 0 for any that is free"
    )
    result.add_argument(
        "--waiting",
        type=at_least(0),
        default=16,
        help="requests that may wait before others are told to come again; 16 by default",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    server = import_module("auroram.adapters.openai_server")
    uvicorn = import_module("uvicorn")
    finished = RunFolder(arguments.run).finished()
    listening = bound(arguments.host, arguments.port)
    model = served_model(arguments, finished)
    for sentence in notices(finished):
        print(f"note: {sentence}", file=sys.stderr)
    limits = server.ServerLimits(waiting=arguments.waiting)
    stopping = Event()
    app = server.openai_app(model, limits, stopping)
    config = uvicorn.Config(
        app,
        log_level="warning",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=LONGEST_FAREWELL_SECONDS,
    )
    running = uvicorn.Server(config)
    running.handle_exit = _telling(stopping, running.handle_exit)
    listening.listen()  # so that whoever reads the next line may connect at once
    host, number = listening.getsockname()[:2]
    print(f"serving {model.name} at http://{address(host, number)}/v1", flush=True)
    running.run(sockets=[listening])
    return 0


def _telling(stopping: Event, leave: Leave) -> Leave:
    """What a signal does, the first alone: replies end, or leaving would wait for all of them."""

    def told(number: int, frame: FrameType | None) -> None:
        if not stopping.is_set():
            stopping.set()
            leave(number, frame)

    return told
