"""The rows that a stage reads: the schedule says which, the shards hold them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.shards import Shard, shard_prefix
from auroram.records.tombstones import Tombstone, spans_of
from auroram.tokens.goldfish import Goldfish
from auroram.tokens.opening import Opening
from auroram.tokens.packing import Batch, Row, batch
from auroram.tokens.permutation import key_of, permuted
from auroram.tokens.rows import Rows, rows_of
from auroram.tokens.schedule import Schedule

POSITION_NAME = "position.json"
MOST_POINTS, FEWEST_ROWS = 32, 20
"""Of what the mixture was over the tokens of a stage."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Domains:
    """One split of the shards, cut into rows of one length."""

    shards: Mapping[str, Shard]
    rows: Mapping[str, Rows]
    length: int
    goldfish: Goldfish | None = None
    """Which targets are dropped; None where none is."""
    opening: Opening | None = None
    """Which targets of exchanges weigh more; None where none does."""

    @classmethod
    def open(
        cls,
        folder: Path,
        split: str,
        domains: Sequence[str],
        *,
        length: int,
        tombstones: Sequence[Tombstone] = (),
    ) -> "Domains":
        """The named domains of a split of a token stage's folder, without what was taken down."""
        shards = {
            d: Shard.open(shard_prefix(folder, split, d), taken_down=spans_of(tombstones, split, d))
            for d in domains
        }
        rows = {d: rows_of(shard, length) for d, shard in shards.items()}
        return cls(shards=shards, rows=rows, length=length)

    def row(self, domain: str, k: int) -> Row:
        """Row `k` of a domain."""
        shard = self.shards[domain]
        opening = None if shard.mask is None else self.opening
        return Row(shard, self.rows[domain].row(k), self.goldfish, opening)

    def sampled(self, domain: str, count: int, *, at_once: int, seed: int) -> Iterator[Batch]:
        """So many rows of a domain, spread over it, or all where it has fewer; some at once."""
        rows = self.rows[domain].count
        key = key_of(seed, domain, "validation")
        chosen = sorted(permuted(i, rows, key) for i in range(min(count, rows)))
        for start in range(0, len(chosen), at_once):
            part = [self.row(domain, k) for k in chosen[start : start + at_once]]
            yield batch(part, length=self.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroBatch:
    """Rows that go through the model at once, and the domain of each."""

    batch: Batch
    domains: tuple[str, ...]

    @property
    def targets(self) -> int:
        """How many positions are learnt."""
        return self.batch.targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample of a stage, by what it was made of."""

    sample: int
    """Counted from 0 through the stage."""
    domain: str
    row: int
    documents: tuple[str, ...]
    """Ids of the documents whose pieces the row holds."""

    def __str__(self) -> str:
        documents = ", ".join(self.documents)
        return f"sample {self.sample}: {self.domain} row {self.row} ({documents})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """The samples of a stage in their order, `rows_a_step` to a step of all ranks."""

    domains: Domains
    schedule: Schedule
    rows_a_step: int
    rows_a_micro_batch: int
    part: int = 0
    """Which part of each step's rows is read here."""
    parts: int = 1
    """In how many equal parts the ranks read them."""
    place: int = 0
    """Which piece of each row's positions is read here."""
    places: int = 1
    """In how many equal pieces the ranks read those."""
    keeps_all: bool = False
    """Whether rows without a target go through the model too."""

    def micro_batches(self, step: int) -> Iterator[MicroBatch]:
        """This part's rows of a step, so many at a time.

        Those without a target are left out where one process reads alone; several ranks must take
        the same number, and keep all.
        """
        rows = self.rows_a_step // self.parts
        samples = self.samples(step)[self.part * rows : (self.part + 1) * rows]
        for start in range(samples.start, samples.stop, self.rows_a_micro_batch):
            part = range(start, min(start + self.rows_a_micro_batch, samples.stop))
            rows_BT = batch([self._row(i) for i in part], length=self.domains.length)
            made = MicroBatch(
                batch=piece(rows_BT, self.place, self.places),
                domains=tuple(self.schedule.at(i)[0] for i in part),
            )
            if made.targets or self.keeps_all:
                yield made

    def samples(self, step: int) -> range:
        """Numbers of the samples of a step."""
        return range(step * self.rows_a_step, (step + 1) * self.rows_a_step)

    def listed(self, step: int) -> list[Sample]:
        """The samples of a step as a person can look them up."""
        return [self._listed(i) for i in self.samples(step)]

    def _row(self, i: int) -> Row:
        domain, ordinal = self.schedule.at(i)
        return self.domains.row(domain, self.schedule.row(domain, ordinal))

    def _listed(self, i: int) -> Sample:
        domain, ordinal = self.schedule.at(i)
        row = self.schedule.row(domain, ordinal)
        ids = self.domains.shards[domain].document_ids()
        documents = [ids[segment.document] for segment in self.domains.rows[domain].row(row)]
        return Sample(sample=i, domain=domain, row=row, documents=tuple(documents))


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far the domains were read, and in which order and cut: what a next stage goes on from."""

    tokens: str
    """Digest of the token stage."""
    sequence_tokens: int
    seed: int
    rows: Mapping[str, int]
    """Domain to the rows consumed by this stage and those before it."""

    def is_alike(self, other: "Position") -> bool:
        """Whether both count the same rows in the same order."""
        return (self.tokens, self.sequence_tokens, self.seed) == (
            other.tokens,
            other.sequence_tokens,
            other.seed,
        )

    def after(self, schedule: Schedule) -> "Position":
        """Where a stage that began here leaves the domains."""
        rows = {**self.rows, **schedule.positions(schedule.samples)}
        return replace(self, rows=rows)


def piece(rows: Batch, number: int, count: int) -> Batch:
    """One of so many equal pieces of the rows' positions; documents are those of whole rows.

    Whose attention a position has part in is a matter of the whole row.
    """
    size = rows.tokens_BT.shape[1] // count
    here = slice(number * size, (number + 1) * size)
    held = {field.name: getattr(rows, field.name) for field in fields(rows)}
    cut = {n: v[:, here] for n, v in held.items() if v is not None and n != "document_ids_BT"}
    return replace(rows, **cut)


def read_position(folder: Path) -> Position | None:
    """Where the stage in a folder ended; None where it is no training stage.

    Raises:
        DataError: where its position cannot be read.
    """
    file = folder / POSITION_NAME
    if not file.is_file():
        return None
    try:
        return Position(**json.loads(file.read_text()))
    except (ValueError, TypeError) as error:
        raise DataError(f"{file}: not a position ({error}); run that stage again") from None


def mixture_over_tokens(schedule: Schedule, length: int) -> Iterator[Json]:
    """Tokens so far, and the tokens of each domain since the record before.

    At most `MOST_POINTS` records, each of `FEWEST_ROWS` rows or more: fewer rows hold but some of
    the domains, and the shares would jump.
    """
    before, taken = 0, schedule.consumed(0)
    points = min(MOST_POINTS, max(1, schedule.samples // FEWEST_ROWS))
    for point in range(1, points + 1):
        samples = schedule.samples * point // points
        if samples > before:
            now = schedule.consumed(samples)
            domains = {domain: (now[domain] - taken[domain]) * length for domain in now}
            yield {"tokens": samples * length, "domains": domains}
            before, taken = samples, now
