"""The end of a stage that settles which requests are declined."""

from collections.abc import Iterator

import torch
from transformers import PreTrainedModel

from auroram.errors import ConfigError, DataError
from auroram.model.attention import backend_of, set_attention
from auroram.model.folder import load_model
from auroram.model.reading import longest_row
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs, Progress
from auroram.records.canonical import Json
from auroram.tokens.packing import Batch
from auroram.train.allocator import give_back
from auroram.train.loop import Job
from auroram.train.refusals.lesson import Lesson, lesson_of
from auroram.train.refusals.settings import Refusals
from auroram.train.refusals.sites import sites_of
from auroram.train.refusals.teach import Teacher
from auroram.train.settings import Train


def lesson_for(settings: Train, inputs: Inputs) -> Lesson | None:
    """What a stage is to teach in closed form; None where it says nothing of it.

    Raises:
        DataError: where there is nothing to learn from, or no person reviewed it and may not be.
    """
    if not settings.refusals:
        return None
    return lesson_of(
        settings.refusals,
        [inputs.folder(stage) for stage in settings.refusals.exchanges],
        load_tokenizer(inputs.model(settings.model)),
        place=f"stages.{inputs.name}.refusals",
        allow_unreviewed=settings.allow_unreviewed,
    )


def check_lesson(settings: Train, lesson: Lesson | None, model: PreTrainedModel, name: str) -> None:
    """Refuse, before the first step, a model that could not be taught after the last.

    Raises:
        ConfigError: where it has no linear layer that may change.
        DataError: where a request is longer than what it can read.
    """
    if not settings.refusals or not lesson:
        return
    try:
        sites_of(model, settings.refusals.unchanged)
    except ValueError as error:
        raise ConfigError(f"stages.{name}.refusals: {error}") from None
    longest, limit = max(lesson.requests, key=lambda one: len(one.ids)), longest_row(model)
    if limit and len(longest.ids) > limit:
        raise DataError(
            f"stages.{name}.refusals: a request in {longest.language} (template "
            f"{longest.template}) takes {len(longest.ids)} tokens and {settings.model} reads "
            f"{limit}; leave it out of the exchanges"
        )


@torch.no_grad()
def teach_refusals(settings: Train, inputs: Inputs, job: Job) -> Json | None:
    """Move the weights of the job's model; what is told of it, None where nothing is asked.

    A model of its own reads the requests, so that nothing is left in the job's of thin matrices,
    compiled layers or products in 8 bits.
    """
    if not settings.refusals or not job.lesson:
        return None
    give_back()
    reader = load_model(inputs.model(settings.model), inputs.device)
    backend = backend_of(settings.attention, reader, job.precision)
    # Batches of requests have many widths, for each of which `flex` would be compiled.
    set_attention(reader, "blocked" if backend == "flex" else backend)
    weights = dict(job.model.named_parameters())
    for name, weight in reader.named_parameters():
        weight.copy_(weights[name])
    teacher = Teacher(
        model=reader,
        precision=job.precision,
        settings=settings.refusals,
        seed=inputs.seed,
        progress=inputs.progress,
    )
    rows = _rows(settings.refusals, job, seed=inputs.seed, progress=inputs.progress)
    told = teacher.teach(job.lesson, rows)
    for name, weight in reader.named_parameters():
        weights[name].copy_(weight)
    return told


def _rows(settings: Refusals, job: Job, *, seed: int, progress: Progress) -> Iterator[Batch]:
    """Rows of each domain that the stage trained on, each done with when the next is asked for.

    Exchanges are among them: what follows the first words of an answer is to stay as it is.
    """
    domains = job.stream.domains
    counts = {name: min(settings.text_rows, domains.rows[name].count) for name in domains.shards}
    progress.start("read what is to stay", total=sum(counts.values()), unit="rows")
    for name, count in counts.items():
        for row in domains.sampled(name, count, at_once=1, seed=seed):
            yield row
            progress.advance(1)
