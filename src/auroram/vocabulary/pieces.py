"""Pieces of the texts that the stage `tokens` encodes: each by itself, and kept once it is done.

A piece is some parts of files one after the other, so that many small files are one piece and a
large one is several. It has a shard for each domain and split, documents and exchanges apart.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.records.canonical import Json
from auroram.records.done import once
from auroram.records.shards import ShardWriter, shard_prefix
from auroram.vocabulary.ledger import Ledger
from auroram.vocabulary.parts import Part

PIECES = 256
"""Into so many a corpus is cut, where they are neither too small nor too large."""
SMALLEST, LARGEST = 4 << 20, 64 << 20
"""Bytes of text in a piece, about. The cut hangs on the texts alone: what is done must mean the
same to a stage that goes on with other workers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one worker encodes at a time."""

    parts: tuple[Part, ...]
    out: Path
    """Folder of its shards; its note lies beside."""
    tokenizer: Path
    """A model folder."""
    digest: str
    """Of the tokenizer."""
    is_fast: bool
    """Whether `fastokens` has proved itself."""

    @property
    def texts(self) -> int:
        """How many texts it has."""
        return sum(part.texts for part in self.parts)

    def prefix(self, split: str, domain: str, *, masked: bool) -> Path:
        """Where it keeps a shard."""
        return shard_prefix(self.out / ("exchanges" if masked else "documents"), split, domain)


def gathered(parts: Sequence[Part]) -> Iterator[tuple[Part, ...]]:
    """What goes together, in order: large parts are cut, and small ones share a piece."""
    most = min(max(sum(part.bytes for part in parts) // PIECES, SMALLEST), LARGEST)
    waiting: list[Part] = []
    held = 0
    cut: Iterator[Part] = (part for one in parts for part in one.smaller(most))
    for part in cut:
        if waiting and held + part.bytes > most:
            yield tuple(waiting)
            waiting, held = [], 0
        waiting.append(part)
        held += part.bytes
    if waiting:
        yield tuple(waiting)


def encode(piece: Piece) -> Json:
    """Write the shards of a piece, unless it is done.

    Returns:
        `shards`: of each the split, the domain and what `Ledger.noted` says.
    """
    return once(piece.out.with_suffix(".json"), lambda: _encode(piece))


def _encode(piece: Piece) -> Json:
    tokenizer = _opened(piece.tokenizer, piece.digest, is_fast=piece.is_fast)
    shards: dict[tuple[str, str, bool], tuple[ShardWriter, Ledger]] = {}
    with ExitStack() as stack:
        for part in piece.parts:
            for item in part.encoded(tokenizer):
                masked = item.mask is not None
                key = part.split, item.domain, masked
                if key not in shards:
                    prefix = piece.prefix(part.split, item.domain, masked=masked)
                    writer = ShardWriter(
                        prefix, vocabulary=tokenizer.vocabulary, masked=masked, durable=False
                    )
                    shards[key] = stack.enter_context(writer), Ledger(masked=masked)
                writer, ledger = shards[key]
                writer.add(item.ids, id=item.id, mask=item.mask)
                ledger.add(item)
    return {
        "shards": [
            {"split": split, "domain": domain, **ledger.noted()}
            for (split, domain, _), (_, ledger) in shards.items()
        ]
    }


@lru_cache(maxsize=1)
def _opened(folder: Path, digest: str, *, is_fast: bool) -> Tokenizer:
    """The tokenizer, which a worker opens once for all pieces."""
    del digest  # tells it from one that lay there before
    tokenizer = load_tokenizer(folder)
    if is_fast:
        tokenizer.quicken(())
    return tokenizer
