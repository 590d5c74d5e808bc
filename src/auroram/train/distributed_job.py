"""A job on several ranks: each takes its part, and at the end the model is put together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from auroram.errors import ConfigError
from auroram.model.attention import set_attention
from auroram.model.folder import load_model
from auroram.train.distributed import call, joined, world_size
from auroram.train.distributed_checkpoint import Saver
from auroram.train.loop import Job
from auroram.train.mesh import check_rows, check_tensor
from auroram.train.parallelize import gathered_weights
from auroram.train.settings import Train


@contextmanager
def together(settings: Train, job: Job) -> Iterator[Job]:
    """This rank's part of the job, once all ranks are there; the job itself on one process.

    Raises:
        ConfigError: before anything is computed, where ranks, mesh and model do not fit together.
        RunError: where another rank is lost.
    """
    check_ranks(settings, job)
    if world_size() == 1:
        yield job
        return
    call(job.name)
    mesh, device = settings.mesh, job.model.device.type
    data = mesh.data_of(world_size())
    with (
        joined(job.name, data=data, tensor=mesh.tensor, device=device) as ranks,
        Saver(ranks) as saver,
    ):
        stream = replace(job.stream, part=ranks.data_rank, parts=ranks.data_ranks)
        yield replace(job, ranks=ranks, stream=stream, save=saver.save)


def check_ranks(settings: Train, job: Job) -> None:
    """Refuse what cannot be trained on as many ranks as were started.

    Raises:
        ConfigError: naming the setting.
    """
    place = f"stages.{job.name}"
    check_rows(settings.mesh, world=world_size(), rows_a_step=settings.rows_a_step, place=place)
    check_tensor(settings.mesh, job.model, place)
    if world_size() == 1:
        return
    if settings.low_rank:
        raise ConfigError(f"{place}.low_rank: not supported on several ranks yet; use one")
    if settings.on_bad_loss == "roll-back":
        raise ConfigError(
            f"{place}.on_bad_loss: 'roll-back' is not supported on several ranks yet; use 'skip'"
        )
    if settings.optimizer.kind != "adamw":
        raise ConfigError(
            f"{place}.optimizer: {settings.optimizer.kind!r} is not supported on several ranks "
            "yet; use 'adamw'"
        )


@torch.no_grad()
def gathered(settings: Train, job: Job, folder: Path) -> Job:
    """The job with the whole model on rank 0, which ends the stage alone.

    Args:
        settings: of the stage.
        job: of this rank.
        folder: of the model that the stage began with.
    """
    if job.ranks.world == 1:
        return job
    weights = gathered_weights(job.model, keep=job.ranks.is_first)
    if not job.ranks.is_first:
        return job
    model = load_model(folder)
    set_attention(model, settings.attention)
    for name, parameter in model.named_parameters():
        parameter.copy_(weights[name])
    return replace(job, model=model)
