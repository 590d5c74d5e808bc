"""What the models read: passages, cut to a limit that is the same for all of them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Limits(Protocol):
    """The settings of a stage as far as they say how much is read."""

    @property
    def highest_documents(self) -> int:
        """Most documents of one language in one set."""
        ...

    @property
    def highest_bytes(self) -> int:
        """Bytes of a set after which no further document is begun."""
        ...

    @property
    def longest_document_bytes(self) -> int:
        """Of a longer document only so much of its beginning is read."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """A text that is counted by itself: the unit that intervals are taken over."""

    document: str
    """The document's id, or file and line."""
    text: str

    @property
    def bytes(self) -> int:
        """Length in UTF-8."""
        return len(self.text.encode())


@dataclass(frozen=True, slots=True)
class Passage:
    """Items that are read in one go: each has the ones before it as context."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingSet:
    """All passages of one language in one split, and what was left out of it."""

    split: str
    language: str
    passages: tuple[Passage, ...]
    kept: int
    cut: int
    """Items of which only the beginning is read."""
    left_out: int
    """Items beyond the limits."""

    @property
    def name(self) -> str:
        """For files and progress."""
        return f"{self.split}.{self.language}"


def set_of_documents(
    split: str, language: str, documents: Iterable[Item], limits: Limits, *, total: int
) -> ReadingSet:
    """Documents in the order of their rank, each a passage, until a limit is met.

    Args:
        split: name of the set.
        language: of all the documents.
        documents: best rank first; no more than the limit are taken from it.
        limits: the stage's settings.
        total: how many documents there are in all.
    """
    chosen = list(_within(documents, limits))
    passages = tuple(
        Passage((Item(one.document, beginning(one.text, limits.longest_document_bytes)),))
        for one in chosen
    )
    cut = sum(one.bytes > limits.longest_document_bytes for one in chosen)
    return ReadingSet(
        split=split,
        language=language,
        passages=passages,
        kept=len(chosen),
        cut=cut,
        left_out=total - len(chosen),
    )


def set_of_paragraphs(
    split: str, language: str, paragraphs: Sequence[Item], limits: Limits
) -> ReadingSet:
    """The first paragraphs of one text as one passage, until the limit of bytes is met."""
    chosen, read = [], 0
    for item in paragraphs:
        if read >= limits.highest_bytes:
            break
        chosen.append(item)
        read += item.bytes
    return ReadingSet(
        split=split,
        language=language,
        passages=(Passage(tuple(chosen)),) if chosen else (),
        kept=len(chosen),
        cut=0,
        left_out=len(paragraphs) - len(chosen),
    )


def rank(seed: int, document: str) -> bytes:
    """Where a document stands in an order that only the seed decides."""
    return hashlib.sha256(f"{seed}:{document}".encode()).digest()


def beginning(text: str, longest_bytes: int) -> str:
    """As much of the text as fits, whole characters only.

    >>> beginning("hyvää", 5)
    'hyvä'
    """
    return text.encode()[:longest_bytes].decode(errors="ignore")


def _within(documents: Iterable[Item], limits: Limits) -> Iterator[Item]:
    read = 0
    for number, item in enumerate(documents):
        if number == limits.highest_documents or read >= limits.highest_bytes:
            return
        yield item
        read += min(item.bytes, limits.longest_document_bytes)
