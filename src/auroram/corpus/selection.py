"""Which paragraphs of a document stay: its own language's, and no boilerplate.

A whole batch of documents is selected at once, in arrays of one entry a paragraph.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auroram.records.document import REMOVED_PARAGRAPHS
from auroram.text.buffers import Buffer
from auroram.text.compiled import compiled
from auroram.text.language import (
    NOT_SURE,
    OWN,
    Judged,
    ParagraphIdentifier,
    Wanted,
    letters_of_script,
    own_paragraphs,
)
from auroram.text.paragraphs import Paragraphs, paragraphs_of

FIGURES = ("language_score", "own_share", "mixed_share", "other_script_share")
"""Columns of the signals side-car that say which language a document is in."""

KEPT, FOREIGN, BOILERPLATE = 0, 1, 2
"""What becomes of a paragraph."""

_REPEATED = "repeated"

Fates = Counter[tuple[str, str, str, str]]
"""Step, outcome, reason and unit to count; a paragraph's bytes include its line end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selections:
    """What is left of each document of a batch, and what became of its paragraphs."""

    kept: Buffer
    """The text left of each document, in order; empty where nothing is."""
    language_score: NDArray[np.float32]
    """How sure its language is, in [0, 1]: mean over the letters of its own paragraphs."""
    own_share: NDArray[np.float32]
    """Share of its letters that are in paragraphs kept, boilerplate apart, in [0, 1]."""
    mixed_share: NDArray[np.float32]
    """Share of its letters in other languages, boilerplate apart, in [0, 1]: whole paragraphs, and
    of those that are over a thousand characters also the windows looked at."""
    other_script_share: NDArray[np.float32]
    """Share of the letters kept that are of another script than its language's, in [0, 1]."""
    paragraphs: Paragraphs
    """Every paragraph of every document."""
    fate: NDArray[np.int8]
    """`KEPT`, `FOREIGN` or `BOILERPLATE`, one a paragraph."""
    language: NDArray[np.int32]
    """The language found in each paragraph: an index into `names`."""
    scores: NDArray[np.float32]
    """How sure that language is, in [0, 1]."""
    documents: NDArray[np.int64]
    """Documents of its source that each paragraph stands in, where it is boilerplate; else 0."""
    names: tuple[str, ...]
    """Tags, and `unsure` as the last."""

    def __len__(self) -> int:
        return len(self.kept)

    def texts(self) -> pa.LargeStringArray:
        """What is left as a column, without a copy."""
        return pa.LargeStringArray.from_buffers(
            len(self.kept), pa.py_buffer(self.kept.offsets), pa.py_buffer(self.kept.data)
        )

    def fates(self, document: int | None = None) -> Fates:
        """What became of the paragraphs, of one document or of all."""
        mine = slice(None) if document is None else self._rows(document)
        sizes = self.paragraphs.end[mine] - self.paragraphs.start[mine] + 1
        groups = self.fate[mine].astype(np.int64) * len(self.names) + self.language[mine]
        width = 3 * len(self.names)
        paragraphs = np.bincount(groups, minlength=width).reshape(3, -1)
        bytes_ = np.bincount(groups, sizes, width).astype(np.int64).reshape(3, -1)
        counts: Fates = Counter()
        for unit, table in (("paragraphs", paragraphs), ("bytes", bytes_)):
            step = ("boilerplate", "dropped", _REPEATED)
            counts[(*step, unit)] += int(table[BOILERPLATE].sum())
            counts["boilerplate", "kept", "", unit] += int(table[:BOILERPLATE].sum())
            counts["language", "kept", "", unit] += int(table[KEPT].sum())
            for language in np.flatnonzero(table[FOREIGN]):
                reason = self.names[language]
                counts["language", "dropped", reason, unit] += int(table[FOREIGN, language])
        return +counts

    def removed(self, ids: pa.Array, source: str) -> pa.Table:
        """A row of `REMOVED_PARAGRAPHS` for each paragraph that does not stay, empty texts apart.

        Args:
            ids: of the documents.
            source: the name of theirs.
        """
        rows = np.flatnonzero((self.fate != KEPT) & (self.paragraphs.characters > 0))
        owner, starts = self.paragraphs.owner[rows], _first_characters(self.paragraphs)[rows]
        language, repeated = self.language[rows], self.fate[rows] == BOILERPLATE
        reasons = pa.array([*self.names, _REPEATED])
        nameless = repeated | (language == self.names.index(NOT_SURE))
        columns = [
            ids.take(pa.array(owner)),
            pa.repeat(source, len(rows)),
            pa.array(starts),
            pa.array(starts + self.paragraphs.characters[rows]),
            pa.array(["language", "boilerplate"]).take(pa.array(repeated.astype(np.int8))),
            reasons.take(pa.array(np.where(repeated, len(self.names), language))),
            pa.array(self.scores[rows], mask=nameless),
            pa.array(self.documents[rows], mask=~repeated),
        ]
        return pa.Table.from_arrays(columns, schema=REMOVED_PARAGRAPHS)

    def _rows(self, document: int) -> slice:
        start, end = np.searchsorted(self.paragraphs.owner, (document, document + 1))
        return slice(int(start), int(end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is left of one document, and what became of its paragraphs."""

    text: str
    score: float
    """How sure its language is, in [0, 1]: mean over its own letters."""
    own_share: float
    """Share of the letters that are in paragraphs kept, boilerplate apart, in [0, 1]."""
    fates: Fates = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Takes paragraphs out of the documents of one source."""

    wanted: Wanted
    identifier: ParagraphIdentifier
    repeated: NDArray[np.uint64]
    """Fingerprints of boilerplate, rising, and the documents that each stands in; shape (2, n)."""

    def select_all(self, texts: Buffer | pa.Array | list[str]) -> Selections:
        """The selection of each text, in order.

        Time is linear in the bytes, memory is the batch's bytes and about 300 bytes a paragraph.
        """
        buffer = texts if isinstance(texts, Buffer) else Buffer.of(texts)
        paragraphs = paragraphs_of(buffer, self.wanted.script)
        fate = np.full(len(paragraphs), BOILERPLATE, np.int8)
        documents = _documents_with(paragraphs.fingerprint, self.repeated)
        rows = np.flatnonzero(documents == 0)
        rest = paragraphs.take(rows)
        judged = self.wanted.judge(buffer.data, rest, self.identifier)
        kept = own_paragraphs(
            rest.owner, judged.verdicts, longest_unsure_run=self.wanted.longest_unsure_run
        )
        fate[rows] = np.where(kept, KEPT, FOREIGN)
        language = np.full(len(paragraphs), judged.names.index(NOT_SURE), np.int32)
        language[rows] = judged.languages
        scores = np.zeros(len(paragraphs), np.float32)
        scores[rows] = judged.scores
        figures = _figures(rest, judged, kept, len(buffer))
        return Selections(
            kept=_joined(buffer, paragraphs.take(np.flatnonzero(fate == KEPT))),
            **figures,
            paragraphs=paragraphs,
            fate=fate,
            language=language,
            scores=scores,
            documents=documents,
            names=judged.names,
        )

    def select(self, texts: list[str]) -> list[Selection]:
        """The selection of each text, in order, as one value a text."""
        found = self.select_all(texts)
        return [
            Selection(
                text=text,
                score=float(found.language_score[i]),
                own_share=float(found.own_share[i]),
                fates=found.fates(i),
            )
            for i, text in enumerate(found.texts().to_pylist())
        ]


def _documents_with(
    fingerprints: NDArray[np.uint64], repeated: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """In how many documents each paragraph stands, where it is among the repeated; else 0."""
    rising, documents = repeated
    if not len(rising):
        return np.zeros(len(fingerprints), np.int64)
    places = np.minimum(np.searchsorted(rising, fingerprints), len(rising) - 1)
    return np.where(rising[places] == fingerprints, documents[places], 0).astype(np.int64)


def _first_characters(paragraphs: Paragraphs) -> NDArray[np.int64]:
    """Where each paragraph starts in its text, in characters."""
    starts = np.zeros(len(paragraphs), np.int64)
    np.cumsum(paragraphs.characters[:-1] + 1, out=starts[1:])
    first_of_text = np.searchsorted(paragraphs.owner, paragraphs.owner)
    return starts - starts[first_of_text]


def _figures(
    rest: Paragraphs, judged: Judged, kept: NDArray[np.bool_], documents: int
) -> dict[str, NDArray[np.float32]]:
    """The columns `FIGURES` over the paragraphs that are no boilerplate."""

    def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(rest.owner, values, documents).astype(np.float64)

    letters = rest.letters.sum(axis=1).astype(np.float64)
    elsewhere = letters - letters_of_script(rest.letters)
    own = letters * (judged.verdicts == OWN)
    parts = (
        (summed(own * judged.scores), summed(own)),
        (summed(letters * kept), summed(letters)),
        (summed(letters * judged.other_share), summed(letters)),
        (summed(elsewhere * kept), summed(letters * kept)),
    )
    return {
        name: (part / np.maximum(whole, 1)).astype(np.float32)
        for name, (part, whole) in zip(FIGURES, parts, strict=True)
    }


def _joined(buffer: Buffer, kept: Paragraphs) -> Buffer:
    """The paragraphs of each text, a line each."""
    sizes = np.bincount(kept.owner, kept.end - kept.start + 1, len(buffer)).astype(np.int64)
    offsets = np.zeros(len(buffer) + 1, np.int64)
    np.cumsum(np.maximum(sizes - 1, 0), out=offsets[1:])
    data = np.empty(offsets[-1], np.uint8)
    _copy(buffer.data, (kept.owner, kept.start, kept.end), data)
    return Buffer(data=data, offsets=offsets)


@compiled
def _copy(
    data: NDArray[np.uint8],
    pieces: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    out: NDArray[np.uint8],
) -> None:
    owner, starts, ends = pieces
    at = 0
    for row in range(len(owner)):
        if row and owner[row] == owner[row - 1]:
            out[at] = 10
            at += 1
        size = ends[row] - starts[row]
        out[at : at + size] = data[starts[row] : ends[row]]
        at += size
