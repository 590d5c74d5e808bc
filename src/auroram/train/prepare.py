"""From settings and earlier stages to a job that can run, or to a sentence that says why not."""

from pathlib import Path

from auroram.errors import ConfigError
from auroram.model.attention import set_attention
from auroram.model.folder import load_model
from auroram.model.precision import precision_of
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.shards import ShardSet, read_shard_set
from auroram.tokens.packing import Batch
from auroram.tokens.schedule import Schedule
from auroram.train.checks import check_domains, check_model, check_tokenizer, unreviewed
from auroram.train.data import Domains, Position, Stream, domains_of, read_position
from auroram.train.distil import Teacher
from auroram.train.loop import Job
from auroram.train.optimizer import Group
from auroram.train.settings import Train
from auroram.train.state import State


def prepare(settings: Train, inputs: Inputs, out: Path) -> Job:
    """Everything that stays the same through the stage, checked before anything is computed.

    Raises:
        ConfigError, DataError: where model, tokens and settings do not fit together, or data was
            not reviewed.
    """
    shards = read_shard_set(inputs.folder(settings.tokens))
    check_domains(shards, settings, inputs.name)
    notices = unreviewed(shards, settings, inputs.name)
    check_tokenizer(
        shards,
        load_tokenizer(inputs.model(settings.model)),
        f"stages.{inputs.name}.model",
        settings.model,
    )
    start, anew = _start(settings, inputs)
    stream = _stream(settings, inputs, start)
    model = load_model(inputs.model(settings.model))
    check_model(settings, model, inputs.name)
    set_attention(model, settings.attention)
    return Job(
        name=inputs.name,
        out=out,
        model=model,
        stream=stream,
        start=start,
        steps=settings.steps,
        schedule=settings.schedule,
        clip=settings.clip,
        ema=settings.ema,
        teacher=_teacher(settings, inputs, shards),
        precision=precision_of(settings.precision),
        validation=_validation(settings, inputs, shards),
        validate_every_steps=settings.validate_every_steps,
        checkpoints=settings.checkpoints,
        notices=(*notices, *anew, *stream.schedule.notices),
    )


def _teacher(settings: Train, inputs: Inputs, shards: ShardSet) -> Teacher | None:
    if not settings.distil:
        return None
    folder = inputs.model(settings.distil.teacher)
    place = f"stages.{inputs.name}.distil.teacher"
    check_tokenizer(shards, load_tokenizer(folder), place, settings.distil.teacher)
    model = load_model(folder)
    set_attention(model, settings.attention)
    replayed = (d for d, weight in settings.mixture.replay_weights.items() if weight)
    return Teacher(model=model, share=settings.distil.share, domains=frozenset(replayed))


def first_state(settings: Train, job: Job, *, seed: int) -> State:
    """The state before the first step; freezes what does not train.

    Raises:
        ConfigError: where the selection does not fit the model.
    """
    model = job.model
    embeddings = [model.get_input_embeddings(), model.get_output_embeddings()]  # type: ignore[no-untyped-call]
    try:
        weights = settings.trains.apply(model, embeddings)
        groups = [Group(weights.values())]
        if settings.low_rank:
            weights, groups = settings.low_rank.attach(model, weights, seed=seed)
    except ValueError as error:
        raise ConfigError(f"stages.{job.name}.trains: {error}") from None
    averages = {n: w.detach().clone() for n, w in weights.items()} if settings.ema else {}
    optimizer = settings.optimizer.build(groups)
    return State(weights=weights, optimizer=optimizer, averages=averages)


def _start(settings: Train, inputs: Inputs) -> tuple[Position, tuple[str, ...]]:
    """Where the domains stand before the stage, and a notice where they are counted anew."""
    fresh = Position(
        tokens=inputs.stages[settings.tokens].manifest.digest,
        sequence_tokens=settings.sequence_tokens,
        seed=inputs.seed,
        rows={},
    )
    earlier = read_position(inputs.folder(settings.model))
    if earlier is None or earlier.is_alike(fresh):
        return earlier or fresh, ()
    return fresh, (
        f"{inputs.name} reads its domains from their start: {settings.model} read other tokens, "
        "or in another order or length.",
    )


def _stream(settings: Train, inputs: Inputs, start: Position) -> Stream:
    folder, length = inputs.folder(settings.tokens), settings.sequence_tokens
    domains = Domains.open(folder, "train", domains_of(settings.mixture), length)
    try:
        schedule = Schedule.of(
            settings.mixture,
            samples=settings.steps * settings.rows_a_step,
            rows={domain: rows.count for domain, rows in domains.rows.items()},
            positions=start.rows,
            seed=inputs.seed,
        )
    except ValueError as error:
        raise ConfigError(f"stages.{inputs.name}.mixture: {error}") from None
    return Stream(
        domains=domains,
        schedule=schedule,
        rows_a_step=settings.rows_a_step,
        rows_a_micro_batch=settings.rows_a_micro_batch,
    )


def _validation(settings: Train, inputs: Inputs, shards: ShardSet) -> dict[str, list[Batch]]:
    held_out = [d for d, shard in shards.domains.get("held-out", {}).items() if shard.tokens]
    folder, length = inputs.folder(settings.tokens), settings.sequence_tokens
    domains = Domains.open(folder, "held-out", held_out, length)
    return {
        domain: list(
            domains.sampled(
                domain,
                settings.validation.rows,
                at_once=settings.rows_a_micro_batch,
                seed=inputs.seed,
            )
        )
        for domain in held_out
    }
