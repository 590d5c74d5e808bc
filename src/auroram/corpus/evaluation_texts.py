"""The texts of evaluations as items: the lines of a text, the records of JSON lines or Parquet."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auroram.corpus.readers.columns import rows_in
from auroram.corpus.readers.locations import located, shown
from auroram.corpus.readers.unpacking import DamagedError
from auroram.corpus.side_files import lines_in, objects_in, unpacked_suffix
from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.text.buffers import Buffer

_TEXT_BITS = 40
_PARQUET = ".parquet"


class FilesAndFields(Protocol):
    """What is read of a set."""

    @property
    def files(self) -> Sequence[str]:
        """Paths relative to the recipe, or URLs."""
        ...

    @property
    def fields(self) -> Sequence[str]:
        """What is read of a record."""
        ...

    @property
    def id(self) -> str:
        """The field that names a record; empty where its file and line do."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts and the items in them.

    The lines of a file are one text, so that a leak of several short lines is one run of words.
    """

    texts: tuple[str, ...]
    sets: tuple[str, ...]
    """Name of the set that each item is from."""
    items: tuple[str, ...]
    """What names each item: its file and line, or a field of its record."""
    begins: NDArray[np.int64]
    """Where each item starts: the text's number and the byte in it, as one rising number."""

    def by_item(self, buffer: Buffer) -> Buffer:
        """The buffer of the texts, cut where items start instead of where texts do."""
        places = self.begins & ((1 << _TEXT_BITS) - 1)
        starts = buffer.offsets[self.begins >> _TEXT_BITS] + places
        return Buffer(data=buffer.data, offsets=np.append(starts, buffer.offsets[-1]))

    def item_at(self, texts: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The items in which bytes of texts lie."""
        wanted = (texts << _TEXT_BITS) + places
        return np.asarray(np.searchsorted(self.begins, wanted, side="right") - 1, np.int64)


def read_texts(sets: Mapping[str, FilesAndFields], root: Path) -> Texts:
    """All items of all sets, sorted by set, then in the order of their files.

    Raises:
        DataError: where a file is missing, damaged or holds no text.
    """
    texts: list[str] = []
    labels: list[tuple[str, str]] = []
    begins: list[int] = []
    for name, one in sorted(sets.items()):
        for file in one.files:
            read = list(_file(located(root, file), shown(file), one))
            if not read:
                raise DataError(
                    f"{shown(file)}: no text to look for ({name}); correct files or fields"
                )
            for items in read:
                place = len(texts) << _TEXT_BITS
                for label, text in items:
                    labels.append((name, label))
                    begins.append(place)
                    place += len(text.encode()) + 1
                texts.append("\n".join(text for _, text in items))
    return Texts(
        texts=tuple(texts),
        sets=tuple(name for name, _ in labels),
        items=tuple(item for _, item in labels),
        begins=np.array(begins, np.int64),
    )


def _file(url: str, file: str, one: FilesAndFields) -> Iterator[list[tuple[str, str]]]:
    """Each text of a file as its items."""
    if unpacked_suffix(url) == ".txt":
        lines = [(place, _composed(line)) for place, line in lines_in(url, name=file)]
        if lines:
            yield lines
    elif unpacked_suffix(url) in {".jsonl", ".json", _PARQUET}:
        for place, record in _records(url, file, one):
            named = [record[name] for name in one.fields if name in record]
            parts = [part for value in named for part in _strings(value)]
            if not parts:
                raise DataError(
                    f"{place}: no text in {' or '.join(one.fields)} (it holds "
                    f"{', '.join(map(repr, record))}); name its fields in `fields`"
                )
            if one.id and one.id not in record:
                raise DataError(f"{place}: no field {one.id!r} to name it by; correct `id`")
            yield [(str(record[one.id]) if one.id else place, _composed("\n".join(parts)))]
    else:
        raise DataError(
            f"{file}: not an evaluation text; give it as .parquet, or as .txt or .jsonl, plain or "
            "packed"
        )


def _records(url: str, file: str, one: FilesAndFields) -> Iterator[tuple[str, Json]]:
    """Every record of a file, after its place."""
    if unpacked_suffix(url) != _PARQUET:
        yield from objects_in(url, name=file)
        return
    try:
        yield from rows_in(url, name=file, columns=(*one.fields, one.id))
    except DamagedError as error:
        raise DataError(f"{file}: damaged ({error}); fetch it again") from error


def _strings(value: object) -> Iterator[str]:
    """The strings in a JSON value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _composed(text: str) -> str:
    # Documents are NFC too, and hold nothing that no encoder takes, such as half a surrogate pair.
    return unicodedata.normalize("NFC", text.encode(errors="replace").decode())
