"""The training loop: one page, no trainer object."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from torch import Tensor
from transformers import PreTrainedModel

from auroram.errors import RunError
from auroram.model.precision import Precision
from auroram.ports import Progress
from auroram.tokens.packing import Batch
from auroram.train.averaging import Ema
from auroram.train.checkpoint import FOLDER, Checkpoints, save_checkpoint
from auroram.train.data import MicroBatch, Position, Stream
from auroram.train.distil import Teacher
from auroram.train.forward import batch_nats
from auroram.train.logs import Log
from auroram.train.schedule import AnySchedule
from auroram.train.state import State
from auroram.train.step import StepReport, gradients, move
from auroram.train.validation import validation_losses


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """What stays the same through all steps of a stage."""

    name: str
    out: Path
    model: PreTrainedModel
    stream: Stream
    steps: int
    schedule: AnySchedule
    clip: float
    ema: Ema | None
    teacher: Teacher | None
    precision: Precision
    validation: Mapping[str, Sequence[Batch]]
    """Held-out rows by domain."""
    validate_every_steps: int
    checkpoints: Checkpoints
    start: Position
    """Where the domains stood before the stage."""
    notices: tuple[str, ...]

    @property
    def tokens_a_step(self) -> int:
        """Positions that go through the model in a step, padding included."""
        return self.stream.rows_a_step * self.stream.domains.length


def train(job: Job, state: State, logs: Mapping[str, Log], progress: Progress) -> None:
    """Bring the state from the step where it stands to the last one.

    Raises:
        RunError: where loss or gradient is not finite; the weights have not moved then.
    """
    nats_of = partial(_nats, job)
    progress.start(
        job.name,
        total=job.steps * job.tokens_a_step,
        unit="tokens",
        done=state.step * job.tokens_a_step,
    )
    for step in range(state.step, job.steps):
        if step % job.validate_every_steps == 0:
            log_validation(job, step, logs["validation"])
        report = gradients(
            state.weights.values(),
            list(job.stream.micro_batches(step)),
            nats_of=nats_of,
            highest_norm=job.clip,
        )
        if not report.is_finite:
            raise RunError(_bad_loss(job, step, report))
        rate = job.schedule.at(step, job.steps)
        move(state.optimizer, learning_rate=rate)
        state.step = step + 1
        if job.ema:
            job.ema.update(state.averages, state.weights, state.step)
        _log_step(job, state.step, report, rate, logs["training"])
        progress.advance(job.tokens_a_step, loss=report.loss, learning_rate=rate)
        if state.step % job.checkpoints.every_steps == 0 and state.step < job.steps:
            log_bytes = {name: log.durable_bytes() for name, log in logs.items()}
            saved = state.checkpoint(job.checkpoints, log_bytes)
            save_checkpoint(job.out / FOLDER, saved)


def log_validation(job: Job, step: int, log: Log) -> dict[str, float]:
    """Measure and write the loss of each held-out domain after `step` steps.

    Raises:
        RunError: where a loss is not a number.
    """
    losses = validation_losses(job.model, job.validation, precision=job.precision)
    for domain, measured in losses.items():
        if not math.isfinite(measured.loss):
            raise RunError(
                f"{job.name}: after {step} steps the loss on held-out {domain} is {measured.loss}; "
                "lower schedule.peak, or look at the model that the stage began with"
            )
        log.write(
            {
                "step": step,
                "tokens": step * job.tokens_a_step,
                "domain": domain,
                "loss": measured.loss,
                "targets": measured.targets,
            }
        )
    return {domain: measured.loss for domain, measured in losses.items()}


def _nats(job: Job, part: MicroBatch) -> Tensor:
    teaching = None
    if job.teacher:
        teaching = job.teacher.teach(part.batch, part.domains, precision=job.precision)
    return batch_nats(job.model, part.batch, precision=job.precision, teaching=teaching)


def _log_step(job: Job, step: int, report: StepReport, rate: float, log: Log) -> None:
    log.write(
        {
            "step": step,
            "samples": step * job.stream.rows_a_step,
            "tokens": step * job.tokens_a_step,
            "loss": report.loss,
            "targets": report.targets,
            "learning_rate": rate,
            "gradient_norm": report.gradient_norm,
        }
    )


def _bad_loss(job: Job, step: int, report: StepReport) -> str:
    return (
        f"{job.name}: at step {step + 1} the loss is {report.loss} and the gradient's norm "
        f"{report.gradient_norm} ({job.stream.describe(step)}); "
        "lower schedule.peak or look at these rows"
    )
