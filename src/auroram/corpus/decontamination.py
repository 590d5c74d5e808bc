"""Documents that hold what the models are later measured on.

An evaluation text is cut into windows (`text.contamination`); a window that stands in a document
is a match, and a document that holds enough of an item is contaminated. An item shorter than a
window is one window itself (`text.short_texts`). Matches are listed by
document (`contamination.parquet`) and by item (`contaminated-items.parquet`).
"""

from collections import Counter
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
from auroram.text.contamination import (
    Places,
    Sought,
    Windows,
    found_in,
    joined,
    sought,
    windows_of,
)
from auroram.text.short_texts import ShortTexts, short_texts, whole_windows

RULE = "contaminated"


@settings
class EvaluationSet:
    """Texts that must not be learnt."""

    files: tuple[str, ...]
    """Paths relative to the recipe, or URLs. Of a `.txt` file each line is an item; of a `.jsonl`
    file each record is one, and either may also end in `.gz` or `.zst`; of a `.parquet` file each
    row."""
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
    shortest_words: Positive = 8
    """Fewest words of an item that is looked for whole because it is shorter than a window; in
    scripts without spaces the same share of `characters`. A notice counts those still shorter."""
    lowest_share: Share = 0.2
    """A document is contaminated by an item of whose windows it holds this share or more; it may
    hold less of a long item, such as its licence notice. Source of 0.2: Touvron et al. 2023
    (Llama 2), arXiv:2307.09288, section A.6, who call a sample clean below it."""
    highest_items: Positive = 10
    """A window that stands in more items of a set is a fixed phrase of the set, such as an
    instruction, and is not looked for."""
    action: Literal["drop", "tag"] = "drop"
    """What becomes of a contaminated document; `tag` lists it and keeps it."""

    @property
    def windows(self) -> Windows:
        """What is looked for of a long item."""
        return Windows(words=self.words, characters=self.characters)

    @property
    def lightest(self) -> int:
        """Weight of the shortest item, as `Windows.weight` counts."""
        return min(self.shortest_words, self.words) * self.characters

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
    too_short: NDArray[np.bool_]
    """Items that have no window."""
    wanted: Sought
    short: ShortTexts
    fingerprints: NDArray[np.uint64]
    """Of both, distinct and rising."""
    borders: NDArray[np.int64]
    """Where the owners of each fingerprint start, and their number at the end."""
    owners: NDArray[np.int64]
    """Numbers of the items that hold a fingerprint."""
    whole: NDArray[np.bool_]
    """Whether the fingerprint is of all of the item."""

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
        windows, lightest = settings.windows, settings.lightest
        buffer = Buffer.of(list(texts.texts))
        items = texts.by_item(buffer)
        long, short = windows_of(buffer, windows), whole_windows(items, windows, lightest)
        every = np.concatenate(
            [
                _pairs(long.fingerprint, texts.item_at(long.text, long.start), is_whole=False),
                _pairs(short.fingerprint, short.text, is_whole=True),
            ]
        )
        pairs = np.unique(every)
        pairs = pairs[~_is_fixed_phrase(pairs, texts, settings.highest_items)]
        fingerprints = np.unique(pairs["fingerprint"])
        borders = np.searchsorted(pairs["fingerprint"], fingerprints)
        of_long, of_short = (pairs[pairs["whole"] == whole] for whole in (False, True))
        return cls(
            settings=settings,
            texts=texts,
            totals=np.bincount(pairs["item"], minlength=len(texts.items)),
            too_short=np.bincount(every["item"], minlength=len(texts.items)) == 0,
            wanted=sought(of_long["fingerprint"], windows),
            short=short_texts(items.take(np.unique(of_short["item"])), windows, lightest),
            fingerprints=fingerprints,
            borders=np.append(borders, len(pairs)),
            owners=np.ascontiguousarray(pairs["item"]),
            whole=np.ascontiguousarray(pairs["whole"]),
        )

    def judge(self, ids: Sequence[str], documents: Buffer) -> Findings:
        """Look for every item in every document of a batch.

        Args:
            ids: of the documents.
            documents: their texts, in the same order.
        """
        found = [found_in(documents, self.wanted), self.short.found_in(documents)]
        matches = _matches(joined(found), self)
        most = matches.windows >= self.settings.lowest_share * self.totals[matches.item]
        enough = most | matches.is_whole
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

    def notices(self) -> tuple[str, ...]:
        """A sentence for each set that has items too short to look for."""
        sets = np.array(self.texts.sets)
        short = Counter(sets[self.too_short].tolist())
        of = Counter(self.texts.sets)
        return tuple(
            f"Decontamination: {number:,} of the {of[name]:,} items of {name} are too short to "
            f"look for (under {self.settings.shortest_words} words)."
            for name, number in sorted(short.items())
        )

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
    is_whole: NDArray[np.bool_]
    """Whether one of them is all of the item."""
    units: NDArray[np.int64]
    start: NDArray[np.int64]
    """In bytes of the document, as is the end."""
    end: NDArray[np.int64]


def _pairs(
    fingerprints: NDArray[np.uint64], items: NDArray[np.int64], *, is_whole: bool
) -> NDArray[np.void]:
    kinds = [("fingerprint", np.uint64), ("item", np.int64), ("whole", np.bool_)]
    pairs = np.empty(len(items), kinds)
    pairs["fingerprint"], pairs["item"], pairs["whole"] = fingerprints, items, is_whole
    return pairs


def _is_fixed_phrase(
    pairs: NDArray[np.void], texts: Texts, highest_items: int
) -> NDArray[np.bool_]:
    """Which windows stand in too many items of one set."""
    sets = np.unique(np.array(texts.sets, dtype=str), return_inverse=True)[1].reshape(-1)
    keyed = _pairs(pairs["fingerprint"], sets[pairs["item"]], is_whole=False)
    _, inverse, counts = np.unique(keyed, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse.reshape(-1)] > highest_items)


def _matches(found: Places, index: Decontaminator) -> _Matches:
    """Windows to their items: a window that several items hold counts for each."""
    keys = np.searchsorted(index.fingerprints, found.fingerprint)
    counts = index.borders[keys + 1] - index.borders[keys] if len(keys) else keys
    rows = np.repeat(np.arange(len(keys)), counts)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    owned = index.borders[keys[rows]] + nth
    items = index.owners[owned]
    order = np.lexsort((found.last[rows], found.first[rows], items, found.text[rows]))
    rows, items, owned = rows[order], items[order], owned[order]
    documents = found.text[rows]
    starts = np.flatnonzero(_is_new(documents) | _is_new(items))
    group = np.cumsum(_is_new(documents) | _is_new(items)) - 1
    distinct = np.unique(np.stack([group, keys[rows]]), axis=1)[0]
    return _Matches(
        document=documents[starts],
        item=items[starts],
        windows=np.bincount(distinct, minlength=len(starts)),
        is_whole=np.bincount(group, index.whole[owned], len(starts)) > 0,
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
    """Units that the windows of each group cover; the windows rise in their first units."""
    before = np.full(len(last), -1)
    same = ~_is_new(group)
    # A window of another length may end before one that began earlier.
    apart = group * (last.max(initial=0) + 1)
    reached = np.maximum.accumulate(last + apart) - apart
    before[1:] = np.where(same[1:], reached[:-1], -1)
    fresh = np.maximum(last - np.maximum(before, first - 1), 0)
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
