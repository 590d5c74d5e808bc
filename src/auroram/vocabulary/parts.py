"""Documents and exchanges as token ids, streamed in the order of their files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from auroram.model.tokenizer import Tokenizer
from auroram.records.exchange import read_exchanges
from auroram.tokens.brief import Brief
from auroram.vocabulary.cutting import Cutting

COLUMNS = ["id", "text", "source", "licence"]
TRIED_TEXTS = 16
"""Documents that an encoder is tried on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One document or exchange in tokens, and what a shard's summary says of it."""

    id: str
    domain: str
    source: str
    licence: str
    ids: list[int]
    mask: list[int] | None
    """None where every token is learnt."""
    text_bytes: int
    reviewed: bool = True
    """False for an exchange that no person decided on."""
    cut_tokens: int = 0
    """Tokens of an answer that were left out."""


def encoded_documents(
    file: Path,
    tokenizer: Tokenizer,
    *,
    domain: str,
    batch_documents: int,
    cutting: Cutting | None = None,
) -> Iterator[Encoded]:
    """The documents of a Parquet file of the corpus, for one domain."""
    opening = [] if tokenizer.bos is None else [tokenizer.bos]
    with pq.ParquetFile(file) as documents:
        for batch in documents.iter_batches(batch_documents, columns=COLUMNS):
            rows = batch.to_pylist()
            coded = tokenizer.encode_batch([row["text"] for row in rows])
            if cutting and domain in cutting.settings.domains:
                coded = [
                    cutting.of(row["text"], row["id"]) or ids
                    for row, ids in zip(rows, coded, strict=True)
                ]
            for row, ids in zip(rows, coded, strict=True):
                yield Encoded(
                    id=row["id"],
                    domain=domain,
                    source=row["source"],
                    licence=row["licence"],
                    ids=[*opening, *ids, tokenizer.eos],
                    mask=None,
                    text_bytes=len(row["text"].encode()),
                )


def encoded_exchanges(
    file: Path,
    tokenizer: Tokenizer,
    *,
    apart: bool = False,
    brief: Brief | None = None,
    seed: int = 0,
) -> Iterator[Encoded]:
    """The exchanges of a file in the model's chat template; the answers are learnt.

    With `apart`, each language is a domain of its own. `brief` and the seed say which are cut.
    """
    for exchange in read_exchanges(file):
        domain = f"{exchange.domain}-{exchange.language}" if apart else exchange.domain
        ids, mask = tokenizer.exchange(exchange.request, exchange.answer)
        end = brief.end(mask, exchange=exchange.id, seed=seed) if brief else len(ids)
        answer = exchange.answer
        if end < len(ids):
            answer = tokenizer.decode(ids[mask.index(1) : end])
        yield Encoded(
            id=exchange.id,
            domain=domain,
            source=exchange.source,
            licence=exchange.licence,
            ids=ids[:end],
            mask=mask[:end],
            text_bytes=len((exchange.request + answer).encode()),
            reviewed=exchange.reviewed,
            cut_tokens=len(ids) - end,
        )


def first_texts(file: Path) -> list[str]:
    """The first documents of a Parquet file, to try an encoder on."""
    with pq.ParquetFile(file) as documents:
        batch = next(documents.iter_batches(TRIED_TEXTS, columns=["text"]), None)
        return [] if batch is None else batch["text"].to_pylist()


def documents_in(file: Path) -> int:
    """Number of documents in a Parquet file."""
    return int(pq.read_metadata(file).num_rows)


def exchanges_in(file: Path) -> int:
    """Number of exchanges in a file of JSON lines."""
    with file.open("rb") as lines:
        return sum(1 for _ in lines)
