"""Paragraphs that a finished stage took out of documents, with their beginnings read again.

The stage notes where each stood and why; its text is in no output file.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.corpus.candidates import second_halves
from auroram.corpus.retrieval import opening
from auroram.corpus.shuffle import id_bytes
from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.document import REMOVED_PARAGRAPHS
from auroram.records.manifest import Finished
from auroram.records.side_cars import REMOVED_PARAGRAPHS_FILE, row_groups, rows_with_id
from auroram.text.characters import absorb
from auroram.text.compiled import compiled

STEPS = ("boilerplate", "language")
"""The steps of the funnel that take single paragraphs out."""
_SHOWN = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedParagraph:
    """A paragraph that was taken out of a document."""

    start: int
    """Its first character in the document's text in normal form."""
    end: int
    """One past its last character."""
    step: str
    """One of `STEPS`."""
    reason: str
    """The tag of the language found or `unsure`; of boilerplate `repeated`."""
    score: float | None
    """How sure that language is, in [0, 1]; None where none was found."""
    documents: int | None
    """Documents of its source that it stands in, where it is boilerplate."""
    text: str
    """How it begins; empty where the source is gone, out of reach or has changed."""

    @property
    def why(self) -> str:
        """The reason in words: `language: en at 0.98`."""
        if self.documents is not None:
            return f"{self.step}: in {self.documents:,} documents of its source"
        sure = "" if self.score is None else f" at {self.score:.2f}"
        return f"{self.step}: {self.reason}{sure}"


def rows_of_document(folder: Path, identifier: str) -> list[Json] | None:
    """What a stage noted of the paragraphs that a document lost, in order; None if it did not."""
    path = folder / REMOVED_PARAGRAPHS_FILE
    if not path.is_file():
        return None
    rows: list[Json] = rows_with_id(path, identifier).to_pylist()
    # A document that was read at several places lost the same paragraphs at each.
    return list({row["start"]: row for row in rows}.values())


def removed_paragraphs(
    rows: Iterable[Json], text: str, language: str
) -> tuple[RemovedParagraph, ...]:
    """The paragraphs of one document with their beginnings, without personal data.

    Args:
        rows: of `REMOVED_PARAGRAPHS`.
        text: of the document in normal form; empty where it is not to be had.
        language: the document's.
    """
    names = ("start", "end", "step", "reason", "score", "documents")
    return tuple(
        RemovedParagraph(
            **{name: row[name] for name in names},
            text=opening(_paragraph(text, row["start"], row["end"]), language, _SHOWN),
        )
        for row in rows
    )


def _paragraph(text: str, start: int, end: int) -> str:
    """The paragraph at this place; empty where another version's normal form has none there."""
    borders = (text[start - 1 : start], text[end : end + 1])
    return text[start:end] if all(border in ("", "\n") for border in borders) else ""


def drawn_rows(
    stage: Finished, step: str, domains: Mapping[str, str], *, language: str, n: int
) -> list[Json]:
    """Rows of `REMOVED_PARAGRAPHS` that a step left: a fair draw, and the same one each time.

    Time is linear in the paragraphs that were removed; memory holds a row group of them.

    Args:
        stage: a finished corpus stage.
        step: one of `STEPS`.
        domains: name of each source to its language.
        language: only paragraphs of documents of this language; empty for all.
        n: how many.

    Raises:
        DataError: where the stage noted no paragraphs, as another version ran it.
    """
    path = stage.folder / REMOVED_PARAGRAPHS_FILE
    if not path.is_file():
        raise DataError(
            f"{path}: missing, as another version ran the stage; run it again to see paragraphs"
        )
    names = _sources_in(domains, language)
    drawn = REMOVED_PARAGRAPHS.empty_table()
    for rows in _rows_of(path, step, names):
        drawn = _lowest(pa.concat_tables([drawn, rows]), n)
    found: list[Json] = drawn.to_pylist()
    return found


def steps_with_rows(folder: Path, domains: Mapping[str, str], *, language: str) -> set[str]:
    """The steps that took any paragraph out.

    Args:
        folder: of a finished corpus stage.
        domains: name of each source to its language.
        language: only of documents of this language; empty for all.
    """
    path = folder / REMOVED_PARAGRAPHS_FILE
    if not path.is_file():
        return set()
    names = _sources_in(domains, language)
    return {step for step in STEPS if any(len(rows) for rows in _rows_of(path, step, names))}


def _sources_in(domains: Mapping[str, str], language: str) -> list[str]:
    return [name for name, domain in domains.items() if language in ("", domain)]


def _rows_of(path: Path, step: str, sources: list[str]) -> Iterator[pa.Table]:
    wanted = pa.array(sources, pa.string())
    for table in row_groups(path, REMOVED_PARAGRAPHS.names):
        is_wanted = pc.and_(pc.equal(table["step"], step), pc.is_in(table["source"], wanted))
        yield table.filter(is_wanted)


def _lowest(rows: pa.Table, n: int) -> pa.Table:
    """The rows whose draws are lowest, each paragraph once."""
    halves = second_halves(id_bytes(rows["id"]))
    _, first = np.unique(_draws(halves, rows["start"].to_numpy()), return_index=True)
    return rows.take(pa.array(first[:n]))


@compiled
def _draws(halves: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    draws = np.empty(len(halves), np.uint64)
    for row in range(len(halves)):
        draws[row] = absorb(halves[row], np.uint64(starts[row]))
    return draws
