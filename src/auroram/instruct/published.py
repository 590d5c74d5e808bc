"""The curated documents that exchanges are made from, and the pages that must stay unseen."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from auroram.instruct.candidate import page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A document of the corpus."""

    text: str
    url: str | None
    record: str
    source: str
    licence: str
    language: str


def published(corpus: Path, sources: Collection[str]) -> Iterator[Published]:
    """The training documents of some sources, in the order of their files."""
    columns = ["text", "url", "record", "source", "licence", "language"]
    for file in sorted((corpus / "documents" / "train").glob("*.parquet")):
        with pq.ParquetFile(file) as documents:
            for batch in documents.iter_batches(64, columns=columns):
                rows = (Published(**row) for row in batch.to_pylist())
                yield from (row for row in rows if row.source in sources)


def held_out_pages(corpus: Path) -> set[str]:
    """The pages, as `page_of` names them, of all held-out documents."""
    pages = set()
    for file in sorted((corpus / "documents" / "held-out").glob("*.parquet")):
        with pq.ParquetFile(file) as documents:
            for batch in documents.iter_batches(1024, columns=["url", "record"]):
                pages |= {page_of(row["url"], row["record"]) for row in batch.to_pylist()}
    return pages
