"""What finished training stages learnt of documents that have been taken down since.

A domain counts its rows on and on, and the order of an epoch is a keyed permutation: how often a
row was read follows from where a stage began and ended. The cost is that of the tombstones, not of
what was trained on. `pieces_read` answers the same question the other way round.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auroram.errors import DataError
from auroram.records.manifest import Finished
from auroram.records.shards import Shard, shard_prefix
from auroram.records.tombstones import Tombstone, read_masked, read_tombstones
from auroram.tokens.permutation import key_of, permuted, place_of
from auroram.tokens.rows import Rows, Segment, rows_of
from auroram.train.data import Position, read_position


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What one training stage learnt of one document that was taken down."""

    stage: str
    tokens_stage: str
    domain: str
    document: str
    request: str
    tokens: int
    """Of the document in the shard."""
    read_tokens: int
    """Tokens of it that the stage read as something to learn, each as often as it was read."""
    most_reads: int
    """How often the stage read its most read part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The rows of a domain that a stage read, and how it orders them."""

    rows: Rows
    first: int
    """Ordinal of the first row, counted through all epochs."""
    end: int
    seed: int
    domain: str

    def times(self, row: int, before: int) -> int:
        """How often a row came between the first and the ordinal `before`."""
        return sum(
            self.first <= epoch * self.rows.count + self._place(row, epoch) < min(self.end, before)
            for epoch in self._epochs()
        )

    def spread(self, count: int) -> list[int]:
        """At most so many of the rows that were read, spread over all that were; each once."""
        read = self.end - self.first
        ordinals = (
            (self.first + i * read // count for i in range(count))
            if count < read
            else range(self.first, self.end)
        )
        n = self.rows.count
        return list(
            dict.fromkeys(
                permuted(one % n, n, key_of(self.seed, self.domain, one // n)) for one in ordinals
            )
        )

    def _epochs(self) -> range:
        return range(self.first // self.rows.count, -(-self.end // self.rows.count))

    def _place(self, row: int, epoch: int) -> int:
        return place_of(row, self.rows.count, key_of(self.seed, self.domain, epoch))


def learnt(finished: Mapping[str, Finished]) -> list[Learnt]:
    """Every document with a tombstone that a finished training stage learnt something of.

    Raises:
        DataError: where a file of a stage is damaged.
    """
    tombstones = {
        name: read_tombstones(stage.folder)
        for name, stage in finished.items()
        if stage.manifest.kind == "tokens"
    }
    return [
        one
        for name, stage in finished.items()
        if stage.manifest.kind == "train"
        for one in _of_stage(name, stage, finished, tombstones)
        if one.read_tokens
    ]


def notices(finished: Mapping[str, Finished]) -> list[str]:
    """A sentence for each training stage that learnt what has been taken down since."""
    found = learnt(finished)
    sentences = []
    for stage in dict.fromkeys(one.stage for one in found):
        own = [one for one in found if one.stage == stage]
        tokens = sum(one.read_tokens for one in own)
        sentences.append(
            f"{stage} learnt {len(own)} documents ({tokens:,} tokens read) that have been taken "
            "down since; delete its folder and run again to train without them."
        )
    return sentences


def _of_stage(
    name: str,
    stage: Finished,
    finished: Mapping[str, Finished],
    tombstones: Mapping[str, Sequence[Tombstone]],
) -> Iterator[Learnt]:
    settings = stage.manifest.settings
    tokens, end = settings["tokens"], read_position(stage.folder)
    wanted = [one for one in tombstones.get(tokens, ()) if one.split == "train"]
    if end is None or tokens not in finished or settings["model"] not in finished:
        return
    start = read_position(finished[settings["model"]].folder)
    began = start.rows if start and start.is_alike(end) else {}
    masked = {(one.domain, one.start): one.from_row for one in read_masked(stage.folder)}
    for domain in sorted({one.domain for one in wanted}):
        shard = Shard.open(shard_prefix(finished[tokens].folder, "train", domain))
        reading = reading_of(shard, domain, began, end)
        for one in wanted:
            if one.domain == domain and one.tokens == end.tokens:
                before = masked.get((domain, one.start), reading.end)
                document = shard.document_at(one.start)
                yield _learnt(name, tokens, one, reads_of(document, reading, before))


def reading_of(shard: Shard, domain: str, began: Mapping[str, int], end: Position) -> Reading:
    """The rows of a domain that a stage read, given where it began and ended."""
    return Reading(
        rows=rows_of(shard, end.sequence_tokens),
        first=began.get(domain, 0),
        end=end.rows.get(domain, 0),
        seed=end.seed,
        domain=domain,
    )


def pieces_read(stage: Finished, tokens: Finished, domain: str, count: int) -> list[Segment]:
    """The documents' pieces in so many rows that a stage, or one it goes on from, was trained on.

    Args:
        stage: any; one that read no documents has no pieces.
        tokens: the stage that made the shards.
        domain: of the shards.
        count: rows to look at, spread over all that were read.

    Raises:
        DataError: where the stage was trained on other tokens.
    """
    end = read_position(stage.folder)
    if end is None:
        return []
    if end.tokens != tokens.manifest.digest:
        raise DataError(
            f"{stage.manifest.stage} was trained on other tokens than those of "
            f"{tokens.manifest.stage!r}; name the stage that it read"
        )
    shard = Shard.open(shard_prefix(tokens.folder, "train", domain))
    reading = reading_of(shard, domain, {}, end)
    return [piece for row in reading.spread(count) for piece in reading.rows.row(row)]


def reads_of(document: int, reading: Reading, before: int) -> dict[int, tuple[int, int]]:
    """Row to the tokens of the document in it and how often it was read before an ordinal."""
    return {
        row: (tokens, reading.times(row, before))
        for row, tokens in reading.rows.holding(document).items()
    }


def _learnt(
    stage: str, tokens: str, one: Tombstone, reads: Mapping[int, tuple[int, int]]
) -> Learnt:
    return Learnt(
        stage=stage,
        tokens_stage=tokens,
        domain=one.domain,
        document=one.document,
        request=one.request,
        tokens=one.end - one.start,
        read_tokens=sum(held * times for held, times in reads.values()),
        most_reads=max((times for _, times in reads.values()), default=0),
    )
