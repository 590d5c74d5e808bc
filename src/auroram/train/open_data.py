"""What a stage reads, opened: the rows that it learns from, in their order, and those held out."""

from dataclasses import dataclass, replace

from auroram.errors import ConfigError
from auroram.ports import Inputs
from auroram.records.shards import ShardSet, read_shard_set
from auroram.records.tombstones import Tombstone, valid_tombstones
from auroram.tokens.packing import Batch
from auroram.tokens.schedule import Schedule
from auroram.train.checks import check_domains, unreviewed
from auroram.train.data import Domains, Position, Stream
from auroram.train.settings import Train
from auroram.train.takedown import taken_down
from auroram.train.too_long import check_room, too_long


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The rows of a stage, without those held out."""

    shards: ShardSet
    start: Position
    """Where the domains stand before the stage."""
    stream: Stream
    tombstones: tuple[Tombstone, ...]
    """Documents that are not learnt, whatever rows they lie in."""
    notices: tuple[str, ...]


def open_data(settings: Train, inputs: Inputs, earlier: Position | None) -> Opened:
    """The rows of a stage, checked against its settings.

    Args:
        settings: of the stage.
        inputs: among which the tokens are.
        earlier: where the stage whose model is trained further left the domains; None where none
            did.

    Raises:
        ConfigError, DataError: where they do not fit together, or data was not reviewed.
    """
    name, stage = inputs.name, inputs.stages[settings.tokens]
    shards = read_shard_set(stage.folder)
    check_domains(shards, settings, name)
    _check_held_out(shards, settings, name)
    notices = unreviewed(shards, settings, name)
    tombstones = valid_tombstones(stage.folder, stage.manifest.digest)
    start, anew = _start(settings, inputs, earlier)
    stream = _stream(settings, inputs, start, tombstones)
    return Opened(
        shards=shards,
        start=start,
        stream=stream,
        tombstones=tombstones,
        notices=(
            *notices,
            *anew,
            *stream.schedule.notices,
            *too_long(name, stream.domains),
            *taken_down(name, tombstones),
        ),
    )


def held_out_rows(settings: Train, inputs: Inputs, data: Opened) -> dict[str, list[Batch]]:
    """Held-out rows by domain."""
    domains = Domains.open(
        inputs.folder(settings.tokens),
        "held-out",
        _watched(data.shards, settings),
        length=settings.sequence_tokens,
        tombstones=data.tombstones,
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
        for domain in domains.rows
    }


def _check_held_out(shards: ShardSet, settings: Train, name: str) -> None:
    """Refuse to measure the loss on domains of which nothing is held out."""
    held_out = _held_out(shards)
    if unknown := sorted(set(settings.validation.domains) - set(held_out)):
        raise ConfigError(
            f"stages.{name}.validation.domains: {', '.join(unknown)} has no held-out "
            f"rows; those that have are {', '.join(held_out)}"
        )


def _watched(shards: ShardSet, settings: Train) -> list[str]:
    """The domains that the loss is measured on: those named, or all."""
    wanted = settings.validation.domains
    return [domain for domain in _held_out(shards) if not wanted or domain in wanted]


def _held_out(shards: ShardSet) -> list[str]:
    return [d for d, shard in shards.domains.get("held-out", {}).items() if shard.tokens]


def _start(
    settings: Train, inputs: Inputs, earlier: Position | None
) -> tuple[Position, tuple[str, ...]]:
    """Where the domains stand before the stage, and a notice where they are counted anew."""
    fresh = Position(
        tokens=inputs.stages[settings.tokens].manifest.digest,
        sequence_tokens=settings.sequence_tokens,
        seed=inputs.seed,
        rows={},
    )
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
