"""All ranks must read the recipe that rank 0 reads, and see the folder that it works in.

On several nodes either may lie on a disk of its own.
"""

import secrets
import socket
import time

from auroram.errors import UserError
from auroram.pipeline.run_folder import RunFolder
from auroram.records.canonical import digest
from auroram.records.files import write_text
from auroram.train.ranks.meeting import hear, tell
from auroram.train.ranks.world import rank_number

FILE = ".ranks"
"""What rank 0 writes into the folder for the others to find."""

SEEN_SECONDS = 60.0
"""How long a file may take to be seen: network file systems remember for a while what was not
there."""

_POLL_SECONDS = 0.2


def show(folder: RunFolder, recipe: object) -> None:
    """On rank 0: say what is run, and write what the other ranks look for."""
    token = secrets.token_hex(8)
    write_text(folder.path / FILE, token)
    tell("recipe", digest(recipe))
    tell("folder", token)


def look(folder: RunFolder, recipe: object) -> None:
    """On another rank: compare the recipe, and find what rank 0 wrote.

    Raises:
        UserError: where the recipe or the folder is not that of rank 0.
    """
    here = f"rank {rank_number()} on {socket.gethostname()}"
    if hear("recipe") != digest(recipe):
        raise UserError(
            f"{folder.path}: {here} reads another recipe than rank 0; keep it on a file system "
            "that all nodes share, or make the copies equal"
        )
    token, end = hear("folder"), time.monotonic() + SEEN_SECONDS
    while _seen(folder) != token:
        if time.monotonic() > end:
            raise UserError(
                f"{folder.path}: {here} does not see what rank 0 writes there; keep the run on a "
                "file system that all nodes share (--folder)"
            )
        time.sleep(_POLL_SECONDS)


def _seen(folder: RunFolder) -> str | None:
    try:
        return (folder.path / FILE).read_text()
    except OSError:
        return None
