"""What a stage reads, opened: the rows that it learns from, in their order, and those held out."""

from dataclasses import dataclass, replace

from auroram.errors import ConfigError
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.shards import ShardSet, read_shard_set
from auroram.records.tombstones import Tombstone, valid_tombstones
from auroram.tokens.packing import Batch
from auroram.tokens.schedule import Schedule
from auroram.train.checks import check_domains, check_tokenizer, unreviewed
from auroram.train.data import Domains, Position, Stream, read_position
from auroram.train.settings import Train
from auroram.train.takedown import taken_down
from auroram.train.too_long import check_room, too_long


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The data of a stage."""

    shards: ShardSet
    start: Position
    """Where the domains stand before the stage."""
    stream: Stream
    tombstones: tuple[Tombstone, ...]
    """Documents that are not learnt, whatever rows they lie in."""
    validation: dict[str, list[Batch]]
    """Held-out rows by domain."""
    notices: tuple[str, ...]


def open_data(settings: Train, inputs: Inputs) -> Opened:
    """The data of a stage, checked against its settings and its model's tokenizer.

    Raises:
        ConfigError, DataError: where they do not fit together, or data was not reviewed.
    """
    name = inputs.name
    shards = read_shard_set(inputs.folder(settings.tokens))
    check_domains(shards, settings, name)
    notices = unreviewed(shards, settings, name)
    tokenizer = load_tokenizer(inputs.model(settings.model))
    check_tokenizer(shards, tokenizer, f"stages.{name}.model", settings.model)
    stage = inputs.stages[settings.tokens]
    tombstones = valid_tombstones(stage.folder, stage.manifest.digest)
    start, anew = _start(settings, inputs)
    stream = _stream(settings, inputs, start, tombstones)
    return Opened(
        shards=shards,
        start=start,
        stream=stream,
        tombstones=tombstones,
        validation=_validation(settings, inputs, shards, tombstones),
        notices=(
            *notices,
            *anew,
            *stream.schedule.notices,
            *too_long(name, stream.domains),
            *taken_down(name, tombstones),
        ),
    )


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
