"""The training stage: CAP and CAT are two settings of it.

Writes `model/`, `training.jsonl`, `validation.jsonl`, `mixture.jsonl` and `position.json`; while
it works, checkpoints under `.checkpoints/`. Killed at any instant and run again, it goes on from
the last checkpoint and ends in the same bytes. The model stays in evaluation mode, so that there
is no dropout, as is usual in pretraining, and a step has nothing random in it.
"""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import torch

from auroram.model.folder import save_model
from auroram.ports import Inputs
from auroram.records.canonical import canonical_json
from auroram.records.files import write_bytes
from auroram.records.manifest import Outcome
from auroram.train.allocator import keep_memory
from auroram.train.checkpoint import FOLDER, newest_checkpoint
from auroram.train.data import POSITION_NAME, mixture_over_tokens
from auroram.train.facts import outcome_of
from auroram.train.logs import Log
from auroram.train.loop import Job, log_validation, train
from auroram.train.low_rank import fold
from auroram.train.prepare import first_state, prepare
from auroram.train.settings import Train
from auroram.train.state import State

__all__ = ["Train", "run"]

LOGS = ("training", "validation")


def run(settings: Train, inputs: Inputs, out: Path) -> Outcome:
    """Train, and write the model and the logs to `out`.

    Raises:
        ConfigError, DataError: before anything is computed, where model, tokens and settings
            do not fit together or data was not reviewed.
        RunError: where the loss is not a number.
    """
    keep_memory()
    if settings.threads != "cores":
        torch.set_num_threads(settings.threads)
    job = prepare(settings, inputs, out)
    state = first_state(settings, job, seed=inputs.seed)
    saved = newest_checkpoint(out / FOLDER)
    if saved:
        state.restore(saved)
    kept = saved.log_bytes if saved else {}
    with ExitStack() as stack:
        logs = {
            name: stack.enter_context(Log(out / f"{name}.jsonl", kept.get(name, 0)))
            for name in LOGS
        }
        train(job, state, logs, inputs.progress)
        _finish(settings, inputs, job, state)
        losses = log_validation(job, job.steps, logs["validation"])
    _write(job, tokenizer_from=inputs.model(settings.model))
    return outcome_of(job, state, losses)


@torch.no_grad()
def _finish(settings: Train, inputs: Inputs, job: Job, state: State) -> None:
    """Replace the last weights by their average, fold and merge them, as the settings say."""
    for name, average in state.averages.items():
        state.weights[name].copy_(average)
    if settings.low_rank:
        fold(job.model)
    if settings.merge:
        weights = {name: weight.detach() for name, weight in job.model.named_parameters()}
        settings.merge.apply(weights, inputs.model(settings.merge.base))


def _write(job: Job, *, tokenizer_from: Path) -> None:
    schedule, length = job.stream.schedule, job.stream.domains.length
    lines = [canonical_json(record) + b"\n" for record in mixture_over_tokens(schedule, length)]
    write_bytes(job.out / "mixture.jsonl", b"".join(lines))
    rows = {**job.start.rows, **schedule.positions(schedule.samples)}
    write_bytes(job.out / POSITION_NAME, canonical_json(replace(job.start, rows=rows)) + b"\n")
    save_model(job.model, tokenizer_from=tokenizer_from, folder=job.out / "model")
