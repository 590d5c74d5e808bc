"""Personal data in what models wrote, and whether it also stands in the text they learned from.

A value that stands there may have been learned from it; one that does not was made up, or comes
from what the base was trained on. Values are looked for as they are written, and never kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auroram.model.tokenizer import Tokenizer
from auroram.records.shards import Shard, ShardSet, shard_prefix
from auroram.text.personal_data import ANY_LANGUAGE, KINDS, Kind, batch_spans

PATTERN_KINDS = tuple(kind for kind in KINDS if kind != "name")
"""Kinds that patterns and validators find; names need a model."""

DOCUMENTS = 256
"""Decoded at a time."""


@dataclass(frozen=True, slots=True)
class Datum:
    """Personal data in a text that was written."""

    kind: Kind
    value: str


def written_data(beginnings: Sequence[str], texts: Sequence[str]) -> list[list[Datum]]:
    """What each text holds that does not wholly stand in its given beginning.

    Args:
        beginnings: what the model was given.
        texts: the same, with what it wrote behind.
    """
    spans = batch_spans(texts, kinds=PATTERN_KINDS, language=ANY_LANGUAGE)
    return [
        [
            Datum(span.kind, text[span.start : span.end])
            for span in spans.get(number, [])
            if span.end > len(beginning)
        ]
        for number, (beginning, text) in enumerate(zip(beginnings, texts, strict=True))
    ]


def standing_in(values: set[str], folder: Path, shards: ShardSet, tokenizer: Tokenizer) -> set[str]:
    """Which of the values stand in the training text of a token stage.

    Reads all of it where there is a value to look for, a few documents at a time.
    """
    missing = set(values)
    for text in _training_texts(folder, shards, tokenizer) if missing else ():
        missing -= {value for value in missing if value in text}
        if not missing:
            break
    return values - missing


def _training_texts(folder: Path, shards: ShardSet, tokenizer: Tokenizer) -> Iterator[str]:
    for domain in sorted(shards.domains.get("train", {})):
        shard = Shard.open(shard_prefix(folder, "train", domain))
        for first in range(0, shard.documents, DOCUMENTS):
            last = min(first + DOCUMENTS, shard.documents)
            tokens = shard.tokens[int(shard.starts[first]) : int(shard.starts[last])]
            yield tokenizer.decode(tokens.tolist())
