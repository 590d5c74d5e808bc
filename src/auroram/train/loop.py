"""The training loop: one page, no trainer object."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel

from auroram.errors import RunError
from auroram.model.choices import Precision
from auroram.ports import Progress
from auroram.records.canonical import Json
from auroram.records.tombstones import Tombstone
from auroram.tokens.packing import Batch
from auroram.train.allocator import TRIM_STEPS, give_back
from auroram.train.averaging import take_in
from auroram.train.bad_steps import event
from auroram.train.checkpoint import AT_ONCE, FOLDER, Saver, newest_checkpoint
from auroram.train.compilation import NOT_COMPILED, Compilation
from auroram.train.data import MicroBatch, Position, Stream
from auroram.train.distil import Teacher
from auroram.train.forward import batch_nats
from auroram.train.logs import Log
from auroram.train.parts import Checkpoints, Ema
from auroram.train.passes import WHOLE, Passes
from auroram.train.ranks.distributed import ALONE, Ranks
from auroram.train.refusals.lesson import Lesson
from auroram.train.schedule import AnySchedule
from auroram.train.snapshots import Photographer
from auroram.train.state import State
from auroram.train.step import StepReport, gradients, move
from auroram.train.telemetry import Gauges
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
    lesson: Lesson | None = None
    """What is taught in closed form at the end."""
    precision: Precision
    float8: bool = False
    """Whether the layers multiply in 8 bits."""
    validation: Mapping[str, Sequence[Batch]]
    """Held-out rows by domain."""
    validate_every_steps: int
    checkpoints: Checkpoints
    photographer: Photographer | None = None
    """Keeps models on the way."""
    start: Position
    """Where the domains stood before the stage."""
    notices: tuple[str, ...]
    tombstones: tuple[Tombstone, ...] = ()
    """Documents that are not learnt, whatever rows they lie in."""
    ranks: Ranks = ALONE
    passes: Passes = WHOLE
    """Takes micro-batches through the layers."""
    compilation: Compilation = NOT_COMPILED
    saver: Saver = AT_ONCE
    gauges: Gauges = field(default_factory=Gauges)
    """What is told of the steps beside their loss."""

    @property
    def tokens_a_step(self) -> int:
        """Positions that go through the model in a step, padding included."""
        return self.stream.rows_a_step * self.stream.domains.length


def train(job: Job, state: State, logs: Mapping[str, Log], progress: Progress) -> None:
    """Bring the state from the step where it stands to the last one.

    Raises:
        RunError: where a step is bad and the recipe says to stop, or too many are; the weights
            have not moved then.
    """
    _start(job, state, progress)
    if state.watch.handling == "roll-back" and state.step == 0:
        _save(job, state, logs, progress)
    while state.step < job.steps:
        if state.step % job.validate_every_steps == 0:
            log_validation(job, state.step, logs["validation"])
            job.gauges.log_drift(state.step, state.weights, logs["drift"], job.ranks)
        if state.step not in state.watch.skipped:
            report = _gradients(job, state, state.step)
            if fault := state.watch.fault(report):
                _leave_out(job, state, report, fault, logs["events"])
                if state.watch.handling == "roll-back":
                    _roll_back(job, state, logs, progress)
                    continue
            else:
                _move(job, state, report, logs["training"], progress)
        if state.step in state.watch.skipped:
            progress.advance(job.tokens_a_step)
        state.step += 1
        if job.photographer and job.photographer.due(state.step):
            job.photographer.take(job.model, state, job.out)
        if state.step % job.checkpoints.every_steps == 0 and state.step < job.steps:
            _save(job, state, logs, progress)


def log_validation(job: Job, step: int, log: Log) -> dict[str, float]:
    """Measure and write the loss of each held-out domain after `step` steps.

    Raises:
        RunError: where a loss is not a number.
    """
    with job.compilation.paused():
        losses = validation_losses(
            job.model, job.validation, precision=job.precision, passes=job.passes, ranks=job.ranks
        )
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
    told = {domain: measured.loss for domain, measured in losses.items()}
    job.gauges.tell_held_out(step, told)
    return told


def _gradients(job: Job, state: State, step: int) -> StepReport:
    job.gauges.begin()
    parts = list(job.stream.micro_batches(step))
    if job.tombstones and not job.ranks.sum(sum(part.targets for part in parts)):
        # All that the step would learn was taken down: it moves nothing, and the next one goes on.
        return StepReport(loss=0.0, gradient_norm=0.0, targets=0)
    return gradients(
        state.weights.values(),
        parts,
        nats_of=partial(_nats, job),
        highest_norm=job.clip,
        passes=job.passes,
        ranks=job.ranks,
    )


def _nats(job: Job, part: MicroBatch) -> Tensor:
    teaching = None
    if job.teacher:
        teaching = job.teacher.teach(part.batch, part.domains, precision=job.precision)
    heard_BT = torch.zeros(part.batch.targets_BT.shape, device=job.model.device)
    nats = batch_nats(
        job.model,
        part.batch,
        precision=job.precision,
        teaching=teaching,
        heard_BT=heard_BT,
        compiled=job.compilation.on,
    )
    job.gauges.hear(part, heard_BT)
    return nats


def _move(job: Job, state: State, report: StepReport, log: Log, progress: Progress) -> None:
    """Take the step that the gradients tell."""
    rate = job.schedule.at(state.step, job.steps)
    told = job.gauges.told(state.weights, job.stream.domains.shards, job.ranks)
    move(state.optimizer, learning_rate=rate)
    state.watch.good(state.step, report)
    if job.ema:
        take_in(job.ema, state.averages, state.weights, state.watch.moved(state.step + 1))
    record = _record(job, state.step + 1, report, rate) | told
    log.write(record)
    if (state.step + 1) % TRIM_STEPS == 0:
        give_back()
    shown = job.gauges.end(state.step + 1, job.tokens_a_step, record)
    progress.advance(
        job.tokens_a_step,
        loss=report.loss,
        gradient_norm=report.gradient_norm,
        learning_rate=rate,
        **shown,
    )


def _leave_out(job: Job, state: State, report: StepReport, fault: str, log: Log) -> None:
    """Write down a bad step and let go of its gradients, so that it moves nothing."""
    watch = state.watch
    watch.skipped.add(state.step)
    done = "stop" if len(watch.skipped) > watch.most else watch.handling
    samples = job.stream.listed(state.step)
    log.write(event(state.step, report, fault=fault, done=done, samples=samples))
    if done == "stop":
        raise RunError(_bad_step(job, state, report, fault))
    state.optimizer.zero_grad(set_to_none=True)


def _roll_back(job: Job, state: State, logs: Mapping[str, Log], progress: Progress) -> None:
    """Return to the newest checkpoint; what is known of bad steps stays."""
    job.saver.wait()
    job.ranks.meet()
    saved = newest_checkpoint(job.out / FOLDER)
    if saved is None:
        raise RunError(f"{job.name}: the checkpoint to roll back to is gone; run again")
    state.restore(saved)
    job.ranks.agree(state.step)
    state.watch.forget_from(saved.step)
    for name in logs.keys() - {"events"}:
        logs[name].cut(saved.log_bytes[name])
    _start(job, state, progress)


def _save(job: Job, state: State, logs: Mapping[str, Log], progress: Progress) -> None:
    log_bytes = {name: log.durable_bytes() for name, log in logs.items()}
    checkpoint = state.checkpoint(job.checkpoints, log_bytes)
    if not job.saver.save(job.out / FOLDER, checkpoint):
        progress.say(
            f"{job.name}: no checkpoint at step {state.step}, as the one before is still being "
            "written; raise checkpoints.every_steps"
        )


def _start(job: Job, state: State, progress: Progress) -> None:
    progress.start(
        job.name,
        total=job.steps * job.tokens_a_step,
        unit="tokens",
        done=state.step * job.tokens_a_step,
    )


def _record(job: Job, step: int, report: StepReport, rate: float) -> Json:
    return {
        "step": step,
        "samples": step * job.stream.rows_a_step,
        "tokens": step * job.tokens_a_step,
        "loss": report.loss,
        "targets": report.targets,
        "learning_rate": rate,
        "gradient_norm": report.gradient_norm,
    }


def _bad_step(job: Job, state: State, report: StepReport, fault: str) -> str:
    many = ""
    if state.watch.handling != "stop":
        many = f", after {state.watch.most} other bad steps (most_bad_steps)"
    samples = "; ".join(map(str, job.stream.listed(state.step)))
    return (
        f"{job.name}: at step {state.step + 1} the loss is {report.loss:.4g} and the "
        f"gradient's norm {report.gradient_norm:.4g} ({fault}{many}; {samples}); "
        "lower schedule.peak or look at these rows"
    )
