"""Where models are asked to go on: a window of tokens in a document, a beginning and what follows.

A training document's window lies in a piece that a model was trained on, so that what is measured
is what was read and not what merely lay in the corpus. Held-out documents, which nobody read, are
the control. A window stands at the beginning of its piece, where the model read it with nothing
before, as it does when it is asked. One window a document: windows are independent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from auroram.records.manifest import Finished
from auroram.records.shards import Shard, read_shard_set, shard_prefix
from auroram.tokens.permutation import key_of, permuted
from auroram.tokens.rows import Segment

PiecesRead = Callable[[Finished, Finished, str, int], Sequence[Segment]]
"""Of a trained stage, the stage that made its tokens and a domain: so many rows' pieces of
documents that it, or a stage that it goes on from, was trained on, spread over all that were. Empty
for a stage that read none."""

ROWS_A_WINDOW = 4
"""Rows looked at for each window wanted: many hold no piece that is long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How long windows are, and how many there may be."""

    prefix_tokens: int
    suffix_tokens: int
    highest: int
    """Windows of a split."""
    seed: int

    @property
    def tokens(self) -> int:
        """Of a whole window."""
        return self.prefix_tokens + self.suffix_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A beginning and what follows it in one document."""

    domain: str
    split: str
    document: str
    """The document's id."""
    start: int
    """First token of the window, counted in the shard."""
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]


def windows(
    tokens: Finished, trained: Finished, domains: Sequence[str], cut: Cut, pieces_read: PiecesRead
) -> list[Window]:
    """Those in the training documents that a stage read, then those in held-out documents.

    Args:
        tokens: the stage that made the shards.
        trained: the stage whose reading is asked about.
        domains: of text, not of exchanges; pooled.
        cut: sizes and numbers.
        pieces_read: what the stage read.
    """
    read, held_out = [], []
    splits = read_shard_set(tokens.folder).domains
    for domain in domains:
        pieces = pieces_read(trained, tokens, domain, ROWS_A_WINDOW * cut.highest)
        train = Shard.open(shard_prefix(tokens.folder, "train", domain))
        read += _windows(train, "train", _shuffled(pieces, domain, cut), cut)
        if domain in splits.get("held-out", {}):
            other = Shard.open(shard_prefix(tokens.folder, "held-out", domain))
            held_out += _windows(other, "held-out", _documents(other, domain, cut), cut)
    return [*_drawn(read, cut), *_drawn(held_out, cut)]


def _drawn(found: Sequence[Window], cut: Cut) -> list[Window]:
    """As many as may be, whatever their domain."""
    return sorted(found, key=lambda one: key_of(cut.seed, one.domain, one.start))[: cut.highest]


def _shuffled(pieces: Iterable[Segment], domain: str, cut: Cut) -> list[Segment]:
    return sorted(pieces, key=lambda piece: key_of(cut.seed, domain, piece.start))


def _documents(shard: Shard, domain: str, cut: Cut) -> Iterator[Segment]:
    """Whole documents in a drawn order."""
    key = key_of(cut.seed, domain, "held-out")
    for place in range(shard.documents):
        number = permuted(place, shard.documents, key)
        start, end = int(shard.starts[number]), int(shard.starts[number + 1])
        yield Segment(number, start, end - start)


def _windows(shard: Shard, split: str, pieces: Iterable[Segment], cut: Cut) -> list[Window]:
    """A window in each piece that is long enough, until there are as many as may be."""
    found: dict[int, Window] = {}
    ids = shard.document_ids()
    domain = shard.prefix.name
    for piece in pieces:
        # The end of text is no text: a model that says it has stopped.
        is_last = piece.start + piece.length == int(shard.starts[piece.document + 1])
        if piece.length - is_last < cut.tokens or piece.document in found:
            continue
        start, middle = piece.start, piece.start + cut.prefix_tokens
        found[piece.document] = Window(
            domain=domain,
            split=split,
            document=ids[piece.document],
            start=start,
            prefix=tuple(shard.tokens[start:middle].tolist()),
            suffix=tuple(shard.tokens[middle : start + cut.tokens].tolist()),
        )
        if len(found) == cut.highest:
            break
    return list(found.values())
