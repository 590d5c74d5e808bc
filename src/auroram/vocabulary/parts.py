"""Parts of the files of documents and exchanges, as token ids in the order of the file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

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
    ids: Sequence[int] | NDArray[np.uint32]
    mask: list[int] | None
    """None where every token is learnt."""
    text_bytes: int
    reviewed: bool = True
    """False for an exchange that no person decided on."""
    cut_tokens: int = 0
    """Tokens of an answer that were left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPart:
    """Rows of a row group of a Parquet file of the corpus, for one domain."""

    file: Path
    group: int
    first: int = 0
    """The first row, counted in the group."""
    texts: int
    """Documents in it, which are as many rows."""
    bytes: int
    """About what their text takes."""
    split: str
    domain: str
    batch_documents: int
    """Documents that are encoded, and held in memory, together."""
    cutting: Cutting | None
    """Cuts them for fill-in-the-middle."""

    def smaller(self, most_bytes: int) -> Iterator["DocumentPart"]:
        """Parts of it, of about so many bytes at most, with at least a row each."""
        count = min(max(1, -(-self.bytes // most_bytes)), self.texts)
        ends = [self.texts * number // count for number in range(count + 1)]
        for start, end in pairwise(ends):
            yield replace(
                self, first=self.first + start, texts=end - start, bytes=self.bytes // count
            )

    def encoded(self, tokenizer: Tokenizer) -> Iterator[Encoded]:
        """The documents as tokens."""
        opening = np.array([] if tokenizer.bos is None else [tokenizer.bos], np.uint32)
        end = np.array([tokenizer.eos], np.uint32)
        for batch in self._batches():
            rows = batch.to_pylist()
            coded = tokenizer.encode_arrays([row["text"] for row in rows])
            for row, whole in zip(rows, coded, strict=True):
                cut = self.cutting and self.cutting.of(row["text"], row["id"], tokenizer)
                ids = np.array(cut, np.uint32) if cut else whole
                yield Encoded(
                    id=row["id"],
                    domain=self.domain,
                    source=row["source"],
                    licence=row["licence"],
                    ids=np.concatenate([opening, ids, end]),
                    mask=None,
                    text_bytes=len(row["text"].encode()),
                )

    def _batches(self) -> Iterator[pa.RecordBatch]:
        seen, end = 0, self.first + self.texts
        with pq.ParquetFile(self.file) as file:
            for batch in file.iter_batches(
                self.batch_documents, row_groups=[self.group], columns=COLUMNS
            ):
                here = slice(max(self.first - seen, 0), min(end - seen, len(batch)))
                if here.start < here.stop:
                    yield batch.slice(here.start, here.stop - here.start)
                seen += len(batch)
                if seen >= end:
                    return


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePart:
    """A file of exchanges, in the model's chat template; the answers are learnt."""

    file: Path
    texts: int
    """Exchanges in it."""
    bytes: int
    """Of the file."""
    split: str
    apart: bool
    """Whether each language is a domain of its own."""
    brief: Brief | None
    """Says with the seed which are cut."""
    seed: int

    def smaller(self, most_bytes: int) -> Iterator["ExchangePart"]:  # noqa: ARG002
        """Itself: exchanges are few."""
        yield self

    def encoded(self, tokenizer: Tokenizer) -> Iterator[Encoded]:
        """The exchanges as tokens."""
        for exchange in read_exchanges(self.file):
            domain = f"{exchange.domain}-{exchange.language}" if self.apart else exchange.domain
            ids, mask = tokenizer.exchange(exchange.request, exchange.answer)
            end = len(ids)
            if self.brief:
                end = self.brief.end(mask, exchange=exchange.id, seed=self.seed)
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


Part = DocumentPart | ExchangePart


def document_parts(
    file: Path, *, split: str, domain: str, batch_documents: int, cutting: Cutting | None
) -> Iterator[DocumentPart]:
    """The row groups of a file of documents that have rows."""
    table = pq.read_metadata(file)
    text = table.schema.names.index("text")
    for group in range(table.num_row_groups):
        about = table.row_group(group)
        if about.num_rows:
            yield DocumentPart(
                file=file,
                group=group,
                texts=about.num_rows,
                bytes=about.column(text).total_uncompressed_size,
                split=split,
                domain=domain,
                batch_documents=batch_documents,
                cutting=cutting,
            )


def first_texts(file: Path) -> list[str]:
    """The first documents of a Parquet file, to try an encoder on."""
    with pq.ParquetFile(file) as documents:
        batch = next(documents.iter_batches(TRIED_TEXTS, columns=["text"]), None)
        return [] if batch is None else batch["text"].to_pylist()


def exchanges_in(file: Path) -> int:
    """Number of exchanges in a file of JSON lines."""
    with file.open("rb") as lines:
        return sum(1 for _ in lines)
