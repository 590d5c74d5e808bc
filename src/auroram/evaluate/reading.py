"""Finds what is to be read: held-out documents of the corpus, and files beside the recipe."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pyarrow.parquet as pq

from auroram.errors import DataError
from auroram.evaluate.passages import (
    Item,
    Limits,
    ReadingSet,
    rank,
    set_of_documents,
    set_of_paragraphs,
)
from auroram.evaluate.settings import HELD_OUT, Text
from auroram.ports import Inputs
from auroram.text.encodings import how_to_convert


class Reading(Limits, Protocol):
    """The settings of a stage as far as they say what is read."""

    @property
    def documents(self) -> str:
        """The corpus stage whose held-out documents are read."""
        ...

    @property
    def texts(self) -> Mapping[str, Text]:
        """Further sets by name."""
        ...


def reading_sets(settings: Reading, inputs: Inputs) -> list[ReadingSet]:
    """Every set, the held-out documents first, languages in alphabetical order.

    Raises:
        DataError: where a file is missing or broken, or a set holds no text.
    """
    corpus = inputs.folder(settings.documents) / "documents" / HELD_OUT
    sets = [_held_out(path, settings, inputs.seed) for path in sorted(corpus.glob("*.parquet"))]
    for split, text in settings.texts.items():
        for language, file in sorted(text.files.items()):
            sets.append(_beside(split, language, file, settings, inputs))
    for one in sets:
        if not one.passages:
            raise DataError(
                f"{one.split}: no text to measure on ({one.language!r}); "
                "hold out a larger share of the corpus or name another file"
            )
    if not sets:
        raise DataError(f"{corpus}: no held-out documents; hold out a share of the corpus")
    return sets


def _held_out(path: Path, settings: Limits, seed: int) -> ReadingSet:
    """The ids are ranked first, so texts that are not read never enter memory."""
    with pq.ParquetFile(path) as file:
        ids = [id_ for batch in file.iter_batches(columns=["id"]) for id_ in _column(batch, "id")]
        chosen = sorted(ids, key=lambda id_: rank(seed, id_))[: settings.highest_documents]
        wanted = set(chosen)
        texts = {
            id_: text
            for batch in file.iter_batches(batch_size=256, columns=["id", "text"])
            for id_, text in zip(_column(batch, "id"), _column(batch, "text"), strict=True)
            if id_ in wanted
        }
    documents = (Item(id_, texts[id_]) for id_ in chosen)
    return set_of_documents(HELD_OUT, path.stem, documents, settings, total=len(ids))


def _column(batch: object, name: str) -> list[str]:
    values: list[str] = batch.column(name).to_pylist()  # type: ignore[attr-defined]
    return values


def _beside(split: str, language: str, file: str, settings: Limits, inputs: Inputs) -> ReadingSet:
    path = inputs.path(file)
    if not path.is_file():
        raise DataError(f"{split}: no such file ({file!r}); check `texts` in the recipe")
    try:
        if path.suffix == ".txt":
            return set_of_paragraphs(split, language, list(_paragraphs(path, file)), settings)
        items = sorted(_records(path, file), key=lambda item: rank(inputs.seed, item.document))
        return set_of_documents(split, language, items, settings, total=len(items))
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: not UTF-8{how_to_convert(error.object)}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{file}: truncated or damaged ({error}); fetch it again") from error


def _paragraphs(path: Path, file: str) -> Iterator[Item]:
    """The lines that hold text, each with its line end, so that together they are the text."""
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if line.strip():
            yield Item(f"{file}:{number}", line.strip() + "\n")


def _records(path: Path, file: str) -> Iterator[Item]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig") as stream:
        for number, line in enumerate(stream, start=1):
            place = f"{file}:{number}"
            try:
                table = json.loads(line)
                text = table["text"]
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise DataError(f"{place}: not a JSON object with a text ({error!r})") from error
            if not isinstance(text, str) or not text:
                raise DataError(f"{place}: its text is empty or not a string; leave the line out")
            yield Item(place, text)
