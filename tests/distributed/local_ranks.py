"""One of several local processes that train together over gloo."""

import itertools
import os
import resource
import signal
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from auroram.errors import AuroramError
from auroram.ports import Silent
from auroram.train.stage import run
from training_log import losses


class KilledAt(Silent):
    """Progress that kills its process after so many steps, once the tenth lies on the disk.

    Checkpoints are written while training goes on, on a loaded machine for several steps.
    """

    def __init__(self, steps, checkpoints):
        self.left, self.checkpoints = steps, checkpoints

    def advance(self, units, **figures):  # noqa: ARG002 -- the protocol names them
        self.left -= 1
        if not self.left:
            end = time.monotonic() + 60
            while not (self.checkpoints / "step-000010").exists() and time.monotonic() < end:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)


def one_rank(environment, settings, inputs, out, killed_after):
    """What each process does; a sentence that ends it is kept in a file."""
    os.environ |= environment
    options = {name: getattr(inputs, name) for name in ("root", "name", "seed", "stages")}
    progress = KilledAt(killed_after, out / ".checkpoints") if killed_after else Silent()
    try:
        run(settings, type(inputs)(**options, progress=progress), out)
    except AuroramError as error:
        (out / f"error-{environment['RANK']}.txt").write_text(str(error))
        raise SystemExit(1) from None


def environment_of(rank, ranks, port) -> dict[str, str]:
    """As torchrun would set it."""
    return {
        "RANK": str(rank),
        "WORLD_SIZE": str(ranks),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }


def alike(one, other, *, atol=1e-5):
    """The loss of each step, and the model at the end."""
    assert losses(one) == pytest.approx(losses(other), abs=1e-4)
    weights, others = (load_file(f / "model" / "model.safetensors") for f in (one, other))
    assert weights.keys() == others.keys()
    assert all(torch.allclose(weights[name], others[name], atol=atol) for name in weights)


def one_killed(environment, settings, inputs, out, at):
    """A rank that the system kills: at its nth operation on files, or within a file's nth byte."""
    kind, n = at
    if kind == "bytes":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))
    elif n:
        left = itertools.count(1 - n)

        def watch(event, arguments):
            ours = event in FILE_EVENTS or (event == "open" and str(out) in str(arguments[0]))
            if ours and not next(left):
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
    one_rank(environment, settings, inputs, out, 0)


FILE_EVENTS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "os.truncate"}
