"""A job on several ranks: each takes its part, and at the end the model is put together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from auroram.model.attention import backend_of
from auroram.model.folder import load_model
from auroram.ports import Inputs
from auroram.train.first_state import trained_rates
from auroram.train.loop import Job
from auroram.train.passes import WHOLE
from auroram.train.ranks.checkpoint import Background
from auroram.train.ranks.context import share_positions
from auroram.train.ranks.distributed import ALONE, Degrees
from auroram.train.ranks.fit import check_model_fits
from auroram.train.ranks.meeting import call, joined
from auroram.train.ranks.parallelize import gather_weights
from auroram.train.ranks.world import world_size
from auroram.train.settings import Train


@contextmanager
def together(settings: Train, job: Job) -> Iterator[Job]:
    """This rank's part of the job, once all ranks are there; the job itself on one process.

    Raises:
        ConfigError: before anything is computed, where mesh and model do not fit together.
        RunError: where another rank is lost.
    """
    check_model_fits(settings.mesh, job.model, f"stages.{job.name}")
    if world_size() == 1:
        yield job
        return
    call(job.name)
    device = job.model.device.type
    degrees = Degrees.of(settings.mesh, world_size())
    with joined(job.name, degrees, device=device) as ranks, Background(ranks) as saver:
        if job.teacher and ranks.positions:
            teacher = job.teacher.model
            backend = backend_of(settings.attention, teacher, job.precision)
            share_positions(teacher, backend, ranks.positions)
        stream = replace(
            job.stream,
            part=ranks.data_rank,
            parts=ranks.data_ranks,
            place=ranks.context_rank,
            places=ranks.context_ranks,
            keeps_all=True,
        )
        yield replace(job, ranks=ranks, stream=stream, saver=saver)


def gathered(settings: Train, inputs: Inputs, job: Job) -> Job:
    """The job with the whole model on rank 0, which ends the stage alone.

    Args:
        settings: of the stage.
        inputs: that the stage began with.
        job: of this rank.
    """
    if job.ranks.world == 1:
        return job
    if not job.ranks.is_first:
        gather_weights(job.model, job.ranks, None)
        return job
    model = load_model(inputs.model(settings.model))
    trained_rates(settings, model, seed=inputs.seed)
    gather_weights(job.model, job.ranks, model)
    return replace(job, model=model, ranks=ALONE, passes=WHOLE)
