"""Slices of an input: how a big file is shared out among workers, and how one is read.

Where a file is cut depends on the file alone, never on the number of workers, and the places in
the records are those of the whole file wherever the cuts lie.

| input | cut | place |
|---|---|---|
| JSON lines, plain | at any line | line |
| JSON lines, .zst of several frames | at any frame | line |
| JSON lines, .gz, .bz2 or .zst of one frame | not | line |
| Parquet | at row groups | row |
| Wikipedia, plain or .bz2 of several streams | at any page | page id |
| WARC, Arrow stream, plain text | not | record, row, line |
| data set | at its files, then as they are | row |
| source tree | at files | path |

Files of lines and dumps that lie elsewhere are not cut, as that would fetch them twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from auroram.corpus.readers.columns import parquet_slices, read_arrow, read_parquet
from auroram.corpus.readers.dataset import dataset_files
from auroram.corpus.readers.formats import Format, kind_of, unknown_hint
from auroram.corpus.readers.json_lines import read_json_lines
from auroram.corpus.readers.lines import line_slices
from auroram.corpus.readers.locations import size_of
from auroram.corpus.readers.plain_text import read_plain_text
from auroram.corpus.readers.records import DAMAGED, Found, bad
from auroram.corpus.readers.slice import SLICE_BYTES, Slice
from auroram.corpus.readers.tree import read_tree, tree_slices
from auroram.corpus.readers.unpacking import Advance, DamagedError
from auroram.corpus.readers.warc import read_warc
from auroram.corpus.readers.wikipedia import read_wikipedia, wikipedia_slices
from auroram.corpus.sources import Fields, Input, Source, source_inputs
from auroram.errors import DataError

Reader = Callable[[Slice, Fields, Advance], Iterator[Found]]

READERS: dict[str, Reader] = {
    "jsonl": read_json_lines,
    "parquet": read_parquet,
    "arrow": read_arrow,
    "text": read_plain_text,
    "warc": read_warc,
    "wikipedia": read_wikipedia,
    "tree": read_tree,
}
_CUTTERS: dict[str, Callable[[Slice, int], list[Slice]]] = {
    "jsonl": line_slices,
    "parquet": parquet_slices,
    "wikipedia": wikipedia_slices,
    "tree": tree_slices,
}


def source_slices(
    root: Path, source: Source, place: str, *, target: int = SLICE_BYTES
) -> list[Slice]:
    """The slices of all inputs of a source, in the order of their paths.

    Args:
        root: the recipe's folder.
        source: the source's settings.
        place: where the source's files are named, for errors.
        target: unpacked bytes of a slice, about.

    Raises:
        DataError: as `slices_of`, and where an input is missing.
        RunError: where a file cannot be reached.
    """
    inputs = source_inputs(root, source, place)
    return [
        part
        for item in inputs
        for part in slices_of(item.url, name=item.name, form=item.form, target=target)
    ]


def reader_of(item: Input) -> str:
    """Which reader reads an input: a key of `READERS`, `dataset` or `tree`.

    Raises:
        DataError: where its kind is unknown.
    """
    kind = kind_of(item.url, item.form)
    if kind is None:
        raise DataError(f"{item.name}: unknown kind of file; {unknown_hint(item.url)}")
    return kind


def slices_of(
    url: str, *, name: str, form: Format = "auto", target: int = SLICE_BYTES
) -> list[Slice]:
    """The slices of a file or folder, in order; together they hold each record once.

    Args:
        url: a path, or a URL that fsspec knows; a folder for a data set or source tree.
        name: what to call it in places and errors.
        form: its format, where the ending does not say.
        target: unpacked bytes of a slice, about.

    Raises:
        DataError: where the format is unknown or there is no such file. A damaged file is a
            slice whose reading yields a `BadRecord`.
        RunError: where the file cannot be reached.
    """
    kind = reader_of(Input(url=url, name=name, form=form))
    whole = Slice(url=url, name=name, kind=kind, bytes=0)
    if kind == "dataset":
        return [part for file in dataset_files(whole) for part in _cut(file, target)]
    if kind == "tree":
        return tree_slices(whole, target)
    return _cut(replace(whole, bytes=size_of(url, name)), target)


def read_slice(part: Slice, fields: Fields, *, advance: Advance) -> Iterator[Found]:
    """What the slice holds, in order. Where its file is damaged the last thing is a `BadRecord`.

    Args:
        part: as `slices_of` made it.
        fields: what the records call things.
        advance: told how many more bytes of the slice were read; in all at most `part.bytes`,
            and `part.bytes` where it was read to its end.

    Raises:
        DataError: where the file is gone, or lacks the column of the text.
        RunError: where the file cannot be reached.
    """
    meter = _Meter(part.bytes, advance)
    try:
        yield from READERS[part.kind](part, fields, meter.add)
    except DamagedError as error:
        detail = f"{error}; fetch or make it again"
        yield bad(part.name, DAMAGED, detail, meter.left)
    meter.add(meter.left)


def _cut(whole: Slice, target: int) -> list[Slice]:
    cutter = _CUTTERS.get(whole.kind)
    return cutter(whole, target) if cutter else [whole]


class _Meter:
    """Tells no more bytes than there are, as a reader may read some twice."""

    def __init__(self, size: int, advance: Advance) -> None:
        self.left = size
        self._advance = advance

    def add(self, size: int) -> None:
        size = min(size, self.left)
        self.left -= size
        if size:
            self._advance(size)
