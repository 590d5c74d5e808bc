"""Documents that hold what the models are later measured on.

An evaluation text is cut into windows (`text.contamination`); a window that stands in a document
is a match, and a document that holds enough of an item is contaminated. Matches are listed by
document (`contamination.parquet`) and by item (`contaminated-items.parquet`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.corpus.evaluation_texts import Texts, read_texts
from auroram.corpus.quality import Failure
from auroram.records.document import CONTAMINATED_ITEMS, CONTAMINATION
from auroram.settings import Positive, Share, settings
from auroram.text.buffers import Buffer
from auroram.text.contamination import Places, Sought, Windows, found_in, sought, windows_of

RULE = "contaminated"


@settings
class EvaluationSet:
    """Texts that must not be learnt."""

    files: tuple[str, ...]
    """Paths relative to the recipe, or URLs. Of a `.txt` file each line is an item; of a `.jsonl`
    file each record is one. Either may also end in `.gz` or `.zst`."""
    fields: tuple[str, ...] = ("text",)
    """What is read of a record: strings, lists of strings, or tables of them (question, choices,
    answer). A field that a record lacks is passed over, but not all of them."""
    id: str = ""
    """The field that names a record; its file and line do where this is left out. With the field
    that a task's `cluster` shows, `auroram compare` splits the task's items by what was seen."""

    def __post_init__(self) -> None:
        if not self.files or not self.fields:
            raise ValueError("files and fields must each name at least one")


@settings
class Decontamination:
    """Which evaluations are looked for in the corpus, and what a finding means."""

    sets: Mapping[str, EvaluationSet] = field(default_factory=dict)
    """Name of an evaluation set to its files; without any, nothing is looked for."""
    words: Positive = 13
    """Words in a window."""
    characters: Positive = 50
    """Characters in a window, in scripts that are written without spaces."""
    lowest_share: Share = 0.2
    """A document is contaminated by an item of whose windows it holds this share or more; it may
    hold less of a long item, such as its licence notice. Source of 0.2: Touvron et al. 2023
    (Llama 2), arXiv:2307.09288, section A.6, who call a sample clean below it."""
    highest_items: Positive = 10
    """A window that stands in more items of a set is a fixed phrase of the set, such as an
    instruction, and is not looked for."""
    action: Literal["drop", "tag"] = "drop"
    """What becomes of a contaminated document; `tag` lists it and keeps it."""

    def files(self) -> tuple[str, ...]:
        """The files of all sets."""
        return tuple(sorted({name for one in self.sets.values() for name in one.files}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found in a batch of documents."""

    failures: list[Failure | None]
    """For each document why it is dropped, if it is."""
    contaminated: NDArray[np.bool_]
    """Which documents hold enough of an item, dropped or not."""
    table: pa.Table
    """Rows of `CONTAMINATION`, in the order of the documents, then of the items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decontaminator:
    """All windows of all evaluation sets. Make one with `open`; it can be pickled.

    Memory: about 30 bytes a word of the evaluation texts.
    """

    settings: Decontamination
    texts: Texts
    totals: NDArray[np.int64]
    """Windows of each item that are looked for."""
    wanted: Sought
    borders: NDArray[np.int64]
    """Where the owners of each sought fingerprint start, and their number at the end."""
    owners: NDArray[np.int64]
    """Numbers of the items that hold a fingerprint."""

    @classmethod
    def open(cls, settings: Decontamination, root: Path) -> "Decontaminator":
        """Read the evaluation texts and index their windows.

        Args:
            settings: what to look for.
            root: the recipe's folder.

        Raises:
            DataError: where a file is missing, damaged or holds no text.
        """
        texts = read_texts(settings.sets, root)
        windows = Windows(words=settings.words, characters=settings.characters)
        buffer = Buffer.of(list(texts.texts))
        found = windows_of(buffer, windows)
        pairs = np.unique(_pairs(found.fingerprint, texts.item_at(found.text, found.start)))
        pairs = pairs[~_is_fixed_phrase(pairs, texts, settings.highest_items)]
        wanted = sought(pairs["fingerprint"], windows)
        borders = np.searchsorted(pairs["fingerprint"], wanted.fingerprints)
        return cls(
            settings=settings,
            texts=texts,
            totals=np.bincount(pairs["item"], minlength=len(texts.items)),
            wanted=wanted,
            borders=np.append(borders, len(pairs)),
            owners=np.ascontiguousarray(pairs["item"]),
        )

    def judge(self, ids: Sequence[str], documents: Buffer) -> Findings:
        """Look for every item in every document of a batch.

        Args:
            ids: of the documents.
            documents: their texts, in the same order.
        """
        matches = _matches(found_in(documents, self.wanted), self)
        enough = matches.windows >= self.settings.lowest_share * self.totals[matches.item]
        contaminated = np.zeros(len(documents), np.bool_)
        contaminated[matches.document[enough]] = True
        failures: list[Failure | None] = [None] * len(documents)
        if self.settings.action == "drop":
            for row in np.flatnonzero(enough)[::-1]:
                failures[matches.document[row]] = self._failure(matches, int(row))
        return Findings(
            failures=failures,
            contaminated=contaminated,
            table=self._table(ids, documents, matches),
        )

    def items(self, table: pa.Table) -> pa.Table:
        """A row of `CONTAMINATED_ITEMS` for every item, from the rows of all documents."""
        held: dict[tuple[str, str], list[str]] = {}
        names = (table[name].to_pylist() for name in ("set", "item", "id"))
        for name, item, document in zip(*names, strict=True):
            held.setdefault((name, item), []).append(document)
        sets, items = self.texts.sets, self.texts.items
        ids = [sorted(held.get(key, [])) for key in zip(sets, items, strict=True)]
        columns = [sets, items, self.totals, [len(one) for one in ids], ids]
        arrays = [
            pa.array(column, kind)
            for column, kind in zip(columns, CONTAMINATED_ITEMS.types, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=CONTAMINATED_ITEMS)

    def _failure(self, matches: "_Matches", row: int) -> Failure:
        item = matches.item[row]
        of = f"{matches.windows[row]} of {self.totals[item]} windows"
        return Failure(
            rule=RULE, detail=f"{self.texts.sets[item]}: {self.texts.items[item]} ({of})"
        )

    def _table(self, ids: Sequence[str], documents: Buffer, matches: "_Matches") -> pa.Table:
        items = matches.item.tolist()
        shares = matches.windows / np.maximum(self.totals[matches.item], 1)
        columns = [
            [ids[document] for document in matches.document.tolist()],
            [self.texts.sets[item] for item in items],
            [self.texts.items[item] for item in items],
            matches.windows,
            shares.astype(np.float32),
            matches.units,
            _characters_before(documents, matches.document, matches.start),
            _characters_before(documents, matches.document, matches.end),
        ]
        arrays = [
            pa.array(column, kind)
            for column, kind in zip(columns, CONTAMINATION.types, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=CONTAMINATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matches:
    """One row for each document and item that share a window, sorted by both."""

    document: NDArray[np.int64]
    item: NDArray[np.int64]
    windows: NDArray[np.int64]
    """Distinct windows."""
    units: NDArray[np.int64]
    start: NDArray[np.int64]
    """In bytes of the document, as is the end."""
    end: NDArray[np.int64]


def _pairs(fingerprints: NDArray[np.uint64], items: NDArray[np.int64]) -> NDArray[np.void]:
    pairs = np.empty(len(items), [("fingerprint", np.uint64), ("item", np.int64)])
    pairs["fingerprint"], pairs["item"] = fingerprints, items
    return pairs


def _is_fixed_phrase(
    pairs: NDArray[np.void], texts: Texts, highest_items: int
) -> NDArray[np.bool_]:
    """Which windows stand in too many items of one set."""
    sets = np.unique(np.array(texts.sets, dtype=str), return_inverse=True)[1].reshape(-1)
    keyed = _pairs(pairs["fingerprint"], sets[pairs["item"]])
    _, inverse, counts = np.unique(keyed, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse.reshape(-1)] > highest_items)


def _matches(found: Places, index: Decontaminator) -> _Matches:
    """Windows to their items: a window that several items hold counts for each."""
    keys = np.searchsorted(index.wanted.fingerprints, found.fingerprint)
    counts = index.borders[keys + 1] - index.borders[keys] if len(keys) else keys
    rows = np.repeat(np.arange(len(keys)), counts)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    items = index.owners[index.borders[keys[rows]] + nth]
    order = np.lexsort((found.first[rows], items, found.text[rows]))
    rows, items = rows[order], items[order]
    documents = found.text[rows]
    starts = np.flatnonzero(_is_new(documents) | _is_new(items))
    group = np.cumsum(_is_new(documents) | _is_new(items)) - 1
    distinct = np.unique(np.stack([group, keys[rows]]), axis=1)[0]
    return _Matches(
        document=documents[starts],
        item=items[starts],
        windows=np.bincount(distinct, minlength=len(starts)),
        units=_covered(found.first[rows], found.last[rows], group, len(starts)),
        start=found.start[rows][starts],
        end=np.maximum.reduceat(found.end[rows], starts) if len(starts) else starts,
    )


def _is_new(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where a value differs from the one before."""
    new = np.ones(len(values), np.bool_)
    new[1:] = values[1:] != values[:-1]
    return new


def _covered(
    first: NDArray[np.int64], last: NDArray[np.int64], group: NDArray[np.int64], groups: int
) -> NDArray[np.int64]:
    """Units that the windows of each group cover; the windows rise in both ends."""
    before = np.full(len(last), -1)
    same = ~_is_new(group)
    before[1:] = np.where(same[1:], last[:-1], -1)
    fresh = last - np.maximum(before, first - 1)
    return np.bincount(group, weights=fresh, minlength=groups).astype(np.int64)


def _characters_before(
    buffer: Buffer, texts: NDArray[np.int64], places: NDArray[np.int64]
) -> list[int]:
    """Bytes of a text to characters."""
    starts = buffer.offsets[texts]
    return [
        len(buffer.data[start : start + place].tobytes().decode())
        for start, place in zip(starts.tolist(), places.tolist(), strict=True)
    ]


def merged(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of several batches as one side-car, ordered by id, set and place."""
    table = pa.concat_tables([CONTAMINATION.empty_table(), *tables])
    keys = [("id", "ascending"), ("set", "ascending"), ("start", "ascending")]
    return table.take(pc.sort_indices(table, sort_keys=[*keys, ("item", "ascending")]))
