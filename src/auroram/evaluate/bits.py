"""One model's surprise at each item of a set."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from transformers import PreTrainedModel

from auroram.evaluate.passages import Item, Passage, ReadingSet
from auroram.model.choices import Precision
from auroram.model.scoring import token_nats
from auroram.model.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """What an item cost one model. The bits are nats / ln 2."""

    model: str
    split: str
    language: str
    document: str
    nats: float
    bytes: int
    tokens: int

    @property
    def bits(self) -> float:
        """The nats in bits."""
        return self.nats / math.log(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A model with what it needs to read a set."""

    name: str
    model: PreTrainedModel
    tokenizer: Tokenizer
    context_tokens: int
    precision: Precision

    def read(self, chosen: ReadingSet, advance: Callable[[int], None]) -> list[Bits]:
        """The bits of each item, in order.

        The beginning-of-text token stands before each passage, or the end-of-text token where the
        tokenizer has none: so every token is predicted, and all bytes are counted.
        """
        given = self.tokenizer.bos if self.tokenizer.bos is not None else self.tokenizer.eos
        encoded = [self._encoded(passage) for passage in chosen.passages]
        nats = token_nats(
            self.model,
            [[given, *(id_ for piece in pieces for id_ in piece)] for pieces in encoded],
            context_tokens=self.context_tokens,
            precision=self.precision,
            advance=advance,
        )
        return [
            self._bits(chosen, item, float(values.sum(dtype=np.float64)), len(values))
            for passage, pieces, nats_of in zip(chosen.passages, encoded, nats, strict=True)
            for item, values in zip(passage.items, _split(nats_of, pieces), strict=True)
        ]

    def tokens(self, chosen: ReadingSet) -> int:
        """How many tokens the set has for this model."""
        return sum(len(piece) for passage in chosen.passages for piece in self._encoded(passage))

    def _encoded(self, passage: Passage) -> list[list[int]]:
        return self.tokenizer.encode_batch([item.text for item in passage.items])

    def _bits(self, chosen: ReadingSet, item: Item, nats: float, tokens: int) -> Bits:
        return Bits(
            model=self.name,
            split=chosen.split,
            language=chosen.language,
            document=item.document,
            nats=round(nats, 6),
            bytes=item.bytes,
            tokens=tokens,
        )


def _split(
    nats: np.typing.NDArray[np.float32], pieces: Sequence[Sequence[int]]
) -> list[np.typing.NDArray[np.float32]]:
    """The nats of each piece's tokens."""
    return np.split(nats, np.cumsum([len(piece) for piece in pieces])[:-1])
