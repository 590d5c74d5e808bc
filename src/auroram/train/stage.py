"""The training stage: CAP and CAT are two settings of it.

Writes `model/`, `training.jsonl`, `validation.jsonl`, `drift.jsonl`, `mixture.jsonl`,
`position.json`, `tombstones.jsonl` where something was taken down, `events.jsonl` where a step was
bad, and `adapter/` where the recipe keeps it; while it works, checkpoints under `.checkpoints/`.
Killed at any instant and run again, it goes on from the last checkpoint and ends in the same bytes.
The model stays in evaluation mode, so that there is no dropout, as is usual in pretraining, and a
step has nothing random in it.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from auroram.model.attention import backend_of, set_attention
from auroram.model.folder import save_model
from auroram.ports import Inputs
from auroram.records.canonical import canonical_json
from auroram.records.files import write_bytes
from auroram.records.manifest import Outcome
from auroram.train.allocator import keep_memory, release_memory
from auroram.train.averaging import merge_back
from auroram.train.checkpoint import FOLDER, newest_checkpoint
from auroram.train.data import POSITION_NAME, mixture_over_tokens
from auroram.train.facts import outcome_of
from auroram.train.first_state import first_state
from auroram.train.logs import Log
from auroram.train.loop import Job, log_validation, train
from auroram.train.low_rank import fold, save_adapter
from auroram.train.prepare import prepare
from auroram.train.ranks.job import gathered, together
from auroram.train.refusals.finish import teach_refusals
from auroram.train.settings import Train
from auroram.train.takedown import note_tombstones

__all__ = ["Train", "run"]

LOGS = ("training", "validation", "drift", "events")


def run(settings: Train, inputs: Inputs, out: Path) -> Outcome:
    """Train, and write the model and the logs to `out`.

    Raises:
        ConfigError, DataError: before anything is computed, where model, tokens and settings
            do not fit together or data was not reviewed.
        RunError: where the loss is not a number, or another rank is lost.
    """
    keep_memory()
    if settings.threads != "cores":
        torch.set_num_threads(settings.threads)
    try:
        with together(settings, prepare(settings, inputs, out)) as job:
            return _trained(settings, inputs, job)
    finally:
        release_memory()


def _trained(settings: Train, inputs: Inputs, job: Job) -> Outcome:
    """From the first state, or the last one that was saved, to the end of the stage."""
    job, state = first_state(settings, job, seed=inputs.seed)
    inputs.progress.say(
        f"{job.name}: {job.compilation}{', float8 is on' if settings.float8 else ''}"
    )
    saved = newest_checkpoint(job.out / FOLDER)
    if saved:
        state.restore(saved)
        state.watch.read_back(job.out, saved.log_bytes)
    job.ranks.agree(state.step)
    if job.ranks.is_first:
        note_tombstones(job, state.step)
    with _logs(job, saved.log_bytes if saved else {}) as logs:
        train(job, state, logs, inputs.progress)
        state.take_averages()
        state.let_go()
        # What follows happens once and in blocks of other sizes: it would lie beside all that the
        # steps left.
        release_memory()
        job = gathered(settings, inputs, job)
        if not job.ranks.is_first:
            return outcome_of(job, state, {})
        _finish(settings, inputs, job)
        told = teach_refusals(settings, inputs, job)
        losses = log_validation(job, job.steps, logs["validation"])
        last = {name: weight.detach() for name, weight in job.model.named_parameters()}
        job.gauges.log_drift(job.steps, last, logs["drift"])
    _write(job, tokenizer_from=inputs.model(settings.model))
    return outcome_of(job, state, losses, refusals=told)


@contextmanager
def _logs(job: Job, kept: Mapping[str, int]) -> Iterator[dict[str, Log]]:
    """The logs, open; those of other ranks than the first are thrown away."""
    with ExitStack() as stack:
        stack.push(lambda fault, *_: job.gauges.close(whole=fault is None))
        place = job.out
        if not job.ranks.is_first:
            place, kept = Path(stack.enter_context(TemporaryDirectory())), {}
        yield {
            name: stack.enter_context(Log(place / f"{name}.jsonl", kept.get(name, 0)))
            for name in LOGS
        }


@torch.no_grad()
def _finish(settings: Train, inputs: Inputs, job: Job) -> None:
    """Fold and merge the weights, as the settings say, where models are written from.

    What is done with the model afterwards is done where it was trained.
    """
    job.model.to("cpu")  # type: ignore[arg-type]  # transformers' own
    if settings.low_rank:
        if settings.low_rank.keep_adapter:
            save_adapter(job.model, settings.low_rank, job.out / "adapter")
        fold(job.model)
    if settings.merge:
        weights = {name: weight.detach() for name, weight in job.model.named_parameters()}
        merge_back(settings.merge, weights, inputs.model(settings.merge.base))
    job.model.to(inputs.device)  # type: ignore[arg-type]  # as above
    set_attention(job.model, backend_of(settings.attention, job.model, job.precision))


def _write(job: Job, *, tokenizer_from: Path) -> None:
    schedule, length = job.stream.schedule, job.stream.domains.length
    lines = [canonical_json(record) + b"\n" for record in mixture_over_tokens(schedule, length)]
    write_bytes(job.out / "mixture.jsonl", b"".join(lines))
    position = canonical_json(job.start.after(schedule))
    write_bytes(job.out / POSITION_NAME, position + b"\n")
    save_model(job.model, tokenizer_from=tokenizer_from, folder=job.out / "model")
