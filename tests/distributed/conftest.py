"""Several local processes that train together over gloo.

They are forked from one process that has imported torch already, so that a start is cheap.
"""

from pathlib import Path

import pytest
from local_ranks import environment_of, one_killed, one_rank

from auroram.records.mixture import Mixture, Phase
from auroram.train.parts import Checkpoints, Validation
from auroram.train.ranks.mesh import Mesh
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import Train, run
from forks import FORKS
from free_ports import free_port

STEPS = 20


@pytest.fixture
def training():
    """Settings of a training stage of 20 steps, with changes."""

    def make(**changes) -> Train:
        options = {
            "model": "base",
            "tokens": "tokens",
            "budget_tokens": STEPS * 256,
            "sequence_tokens": 64,
            "batch_tokens": 256,
            "micro_batch_tokens": 128,
            "mixture": Mixture(phases=(Phase(weights={"fi": 1, "vi": 1}),), replay=0.0),
            "schedule": WarmupStableDecay(peak=3e-3),
            "validation": Validation(every_tokens=256 * STEPS, rows=2),
            "checkpoints": Checkpoints(every_steps=5),
            "precision": "float32",
            "mesh": Mesh(),
        }
        return Train(**(options | changes))

    return make


@pytest.fixture
def alone(tmp_path_factory, training, training_inputs) -> Path:
    """What one process makes of these settings; made once."""
    out = tmp_path_factory.getbasetemp() / "alone"
    if not out.exists():
        out.mkdir()
        run(training(), training_inputs(), out)
    return out


@pytest.fixture
def train_on(training_inputs):
    """Run a training stage on so many ranks, one of which may be killed: the exit codes.

    It is killed `after` so many steps, or `at` a moment that `one_killed` knows.
    """

    def start(ranks, settings, out, *, killed=None, after=0, at=None, **stages) -> list[int]:
        port = free_port()
        work = (settings, training_inputs(**stages), out)
        started = []
        for rank in range(ranks):
            target = one_killed if at and rank == killed else one_rank
            last = (at or after) if rank == killed else 0
            arguments = (environment_of(rank, ranks, port), *work, last)
            started.append(FORKS.Process(target=target, args=arguments, daemon=True))
        for process in started:
            process.start()
        for process in started:
            process.join(120)
        return [process.exitcode for process in started]

    return start
