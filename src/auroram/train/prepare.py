"""From settings and earlier stages to a job that can run, or to a sentence that says why not."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.model.attention import backend_of, set_attention
from auroram.model.choices import Precision
from auroram.model.folder import load_model
from auroram.model.precision import precision_of
from auroram.model.speed import product_speed
from auroram.model.stored import StoredWeights
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.json_lines import last_json_line
from auroram.records.shards import ShardSet, read_shard_set
from auroram.records.tombstones import Tombstone, valid_tombstones
from auroram.tokens.packing import Batch
from auroram.tokens.schedule import Schedule
from auroram.train.bad_steps import Watch
from auroram.train.checks import (
    check_alike,
    check_device,
    check_domains,
    check_model,
    check_tokenizer,
    unreviewed,
)
from auroram.train.compilation import Compilation, balance_of, compile_layers, decide
from auroram.train.data import Domains, Position, Stream, read_position
from auroram.train.distil import Teacher
from auroram.train.facts import job_operations, operations
from auroram.train.float8 import multiply_in_8_bits
from auroram.train.loop import Job
from auroram.train.low_rank import attach
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.ranks.count import check_ranks
from auroram.train.ranks.parallelize import by_mesh, parallelize
from auroram.train.ranks.pipeline_cut import decoder_layers
from auroram.train.ranks.world import world_size
from auroram.train.recompute import recompute_layers
from auroram.train.refusals.finish import check_lesson, lesson_for
from auroram.train.schedule import PREVIOUS, AnySchedule, continued
from auroram.train.selection import select, token_layers
from auroram.train.settings import Train
from auroram.train.snapshots import Photographer
from auroram.train.state import State
from auroram.train.takedown import taken_down
from auroram.train.telemetry import Gauges
from auroram.train.thin import hasten
from auroram.train.too_long import check_room, too_long


def prepare(settings: Train, inputs: Inputs, out: Path) -> Job:
    """Everything that stays the same through the stage, checked before anything is computed.

    Raises:
        ConfigError, DataError: where model, tokens and settings do not fit together, or data was
            not reviewed.
    """
    check_ranks(settings, world_size(), inputs.name)
    shards = read_shard_set(inputs.folder(settings.tokens))
    check_domains(shards, settings, inputs.name)
    notices = unreviewed(shards, settings, inputs.name)
    lesson = lesson_for(settings, inputs)
    check_tokenizer(
        shards,
        load_tokenizer(inputs.model(settings.model)),
        f"stages.{inputs.name}.model",
        settings.model,
    )
    start, anew = _start(settings, inputs)
    tombstones = _tombstones(settings, inputs)
    stream = _stream(settings, inputs, start, tombstones)
    model = load_model(inputs.model(settings.model), inputs.device)
    check_model(settings, model, inputs.name)
    check_device(settings, inputs.device, inputs.name)
    check_lesson(settings, lesson, model, inputs.name)
    _check_merge(settings, inputs, model)
    precision = precision_of(settings.precision, device=inputs.device)
    set_attention(model, backend_of(settings.attention, model, precision))
    return Job(
        name=inputs.name,
        out=out,
        model=model,
        stream=stream,
        start=start,
        steps=settings.steps,
        schedule=_schedule(settings, inputs),
        clip=settings.clip,
        ema=settings.ema,
        teacher=_teacher(settings, inputs, shards, precision),
        lesson=lesson,
        precision=precision,
        float8=settings.float8,
        validation=_validation(settings, inputs, shards, tombstones),
        tombstones=tombstones,
        validate_every_steps=settings.validate_every_steps,
        checkpoints=settings.checkpoints,
        photographer=_photographer(settings, inputs),
        notices=(
            *notices,
            *((lesson.notice(inputs.name),) if lesson else ()),
            *anew,
            *stream.schedule.notices,
            *too_long(inputs.name, stream.domains),
            *taken_down(inputs.name, tombstones),
        ),
        gauges=Gauges(
            base=inputs.model(settings.model),
            machine=product_speed(precision, inputs.device),
            devices=world_size(),
            tracker=inputs.open_tracker(inputs.name),
        ),
    )


def _check_merge(settings: Train, inputs: Inputs, model: PreTrainedModel) -> None:
    """Refuse to end beside a model that the trained weights do not fit."""
    if not settings.merge:
        return
    base = inputs.model(settings.merge.base)
    check_alike(inputs.model(settings.model), base, f"stages.{inputs.name}.merge.base")
    StoredWeights(base).check({name: tuple(p.shape) for name, p in model.named_parameters()})


def _photographer(settings: Train, inputs: Inputs) -> Photographer | None:
    if not settings.snapshots:
        return None
    return Photographer(
        every_steps=max(1, round(settings.snapshots.every_tokens / settings.batch_tokens)),
        tokens_a_step=settings.rows_a_step * settings.sequence_tokens,
        steps=settings.steps,
        merge=settings.merge,
        merge_with=inputs.model(settings.merge.base if settings.merge else settings.model),
        tokenizer_from=inputs.model(settings.model),
    )


def _schedule(settings: Train, inputs: Inputs) -> AnySchedule:
    """The learning rate, which may go on from that of the stage whose model is trained further."""
    if settings.schedule.peak != PREVIOUS:
        return settings.schedule
    last = last_json_line(inputs.folder(settings.model) / "training.jsonl")
    if last is None:
        raise ConfigError(
            f"stages.{inputs.name}.schedule.peak: 'previous' goes on from a stage that trained "
            f"({settings.model!r} did not); give a number"
        )
    return continued(settings.schedule, last["learning_rate"])


def _teacher(
    settings: Train, inputs: Inputs, shards: ShardSet, precision: Precision
) -> Teacher | None:
    if not settings.distil:
        return None
    folder = inputs.model(settings.distil.teacher)
    place = f"stages.{inputs.name}.distil.teacher"
    check_tokenizer(shards, load_tokenizer(folder), place, settings.distil.teacher)
    model = load_model(folder, inputs.device)
    set_attention(model, backend_of(settings.attention, model, precision))
    replayed = (d for d, weight in settings.mixture.replay_weights.items() if weight)
    return Teacher(model=model, share=settings.distil.share, domains=frozenset(replayed))


def first_state(settings: Train, job: Job, *, seed: int) -> tuple[Job, State]:
    """The job as this rank does its part of it, and the state before the first step.

    Raises:
        ConfigError: where the selection does not fit the model, or its cut.
    """
    model = job.model
    try:
        rates = trained_rates(settings, model, seed=seed)
        trained = {name: p for name, p in model.named_parameters() if name in rates}
        shapes = {name: p.detach().to("meta") for name, p in trained.items()}
        tokens = job.steps * job.tokens_a_step
        job.gauges.operations_a_token = job_operations(job, trained) / tokens
        own = operations(model, tokens, job.stream.domains.length, trained=trained)
        if settings.low_rank and job.ranks.mesh is None:
            hasten(model, job.precision)
        job = replace(job, compilation=_other_layers(settings, job, own))
        cut = parallelize(
            model,
            job.ranks,
            rates.keys(),
            backend=backend_of(settings.attention, model, job.precision),
            precision=job.precision,
        )
    except ValueError as error:
        raise ConfigError(f"stages.{job.name}.trains: {error}") from None
    weights = cut.weights
    watch = Watch(
        handling=settings.on_bad_loss, most=settings.most_bad_steps, spikes=settings.spikes
    )
    state = State(
        weights=weights,
        optimizer=optimizer_of(settings.optimizer, _groups(weights, rates, model)),
        averages={n: w.detach().clone() for n, w in weights.items()} if settings.ema else {},
        shapes=shapes,
        copied=frozenset(name for name, weight in weights.items() if not cut.ranks.counts(weight)),
        watch=watch,
    )
    return replace(job, ranks=cut.ranks, passes=cut.passes), state


def _other_layers(settings: Train, job: Job, work: float) -> Compilation:
    """Let the layers multiply in 8 bits, be compiled or computed again, as the settings say.

    Args:
        settings: of the stage.
        job: whose model's layers change.
        work: floating-point operations to train the model, without a teacher's.
    """
    device = job.model.device.type
    balance = balance_of(
        work,
        thin=settings.low_rank is not None,
        threads=torch.get_num_threads(),
        device=device,
    )
    compilation = decide(
        settings.compile,
        balance,
        device=device,
        ranks=job.ranks.world,
        place=f"stages.{job.name}.compile",
    )
    if not (settings.float8 or compilation.on or settings.recompute):
        return compilation
    layers = decoder_layers(job.model)
    if settings.float8:
        multiply_in_8_bits(layers)
    if compilation.on:
        compile_layers(layers)
    if settings.recompute:
        recompute_layers(layers)
    return compilation


def trained_rates(settings: Train, model: PreTrainedModel, *, seed: int) -> dict[str, float]:
    """Name of each parameter that trains to its learning rate, relative to the schedule's.

    What does not train is frozen, and thin matrices are put beside the layers where these train.

    Raises:
        ValueError: where the selection does not fit the model.
    """
    weights = select(settings.trains, model, token_layers(model))
    if settings.low_rank:
        return attach(settings.low_rank, model, weights, seed=seed)
    return dict.fromkeys(weights, 1.0)


def _groups(
    weights: Mapping[str, nn.Parameter], rates: Mapping[str, float], model: PreTrainedModel
) -> list[Group]:
    """The parameters by learning rate, by what they are and by the ranks that they lie on."""
    embeddings = {id(weight) for layer in token_layers(model) for weight in layer.parameters()}
    kinds = {name: (rates[name], id(weight) in embeddings) for name, weight in weights.items()}
    return [
        Group(part, rate=rate, embeds=embeds)
        for rate, embeds in dict.fromkeys(kinds.values())
        for part in by_mesh(w for name, w in weights.items() if kinds[name] == (rate, embeds))
    ]


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


def _tombstones(settings: Train, inputs: Inputs) -> tuple[Tombstone, ...]:
    stage = inputs.stages[settings.tokens]
    return valid_tombstones(stage.folder, stage.manifest.digest)


def _stream(
    settings: Train, inputs: Inputs, start: Position, tombstones: tuple[Tombstone, ...]
) -> Stream:
    domains = Domains.open(
        inputs.folder(settings.tokens),
        "train",
        settings.mixture.domains,
        length=settings.sequence_tokens,
        tombstones=tombstones,
    )
    check_room(inputs.name, domains)
    domains = replace(domains, goldfish=settings.goldfish, opening=settings.opening)
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


def _validation(
    settings: Train, inputs: Inputs, shards: ShardSet, tombstones: tuple[Tombstone, ...]
) -> dict[str, list[Batch]]:
    held_out = [d for d, shard in shards.domains.get("held-out", {}).items() if shard.tokens]
    if wanted := settings.validation.domains:
        if unknown := sorted(set(wanted) - set(held_out)):
            raise ConfigError(
                f"stages.{inputs.name}.validation.domains: {', '.join(unknown)} has no held-out "
                f"rows; those that have are {', '.join(held_out)}"
            )
        held_out = [d for d in held_out if d in wanted]
    domains = Domains.open(
        inputs.folder(settings.tokens),
        "held-out",
        held_out,
        length=settings.sequence_tokens,
        tombstones=tombstones,
    )
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
