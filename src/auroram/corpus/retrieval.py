"""Fetching a record again from where it was read: what was dropped is in no output file.

A record is found by its place, through the reader that found it first, and believed only if its
content still has the id that it had. Time is linear in the part of the file that lies before the
last record that is wanted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from auroram.corpus.ingest import document_id
from auroram.corpus.readers.locations import is_url, shown
from auroram.corpus.readers.records import BadRecord, Found, Record
from auroram.corpus.readers.slice import TO_THE_END
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.redaction import Redaction
from auroram.corpus.sources import Fields, Input, Source, source_inputs
from auroram.errors import AuroramError, DataError
from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.records.side_cars import Place

_CHEAP_BYTES = 256 * 1024 * 1024
"""Of a file: what is read for a page and no farther."""


def retrieved(
    sources: Mapping[str, Source],
    root: Path,
    places: Iterable[Place],
    *,
    farthest_bytes: int = TO_THE_END,
    at_urls: bool = False,
) -> dict[str, Record]:
    """The records by document id; those whose file is gone or has changed are left out.

    Args:
        sources: the sources of the stage that read them.
        root: the folder that the sources' files are relative to.
        places: the records that are wanted.
        farthest_bytes: records that lie farther within a file are left out too.
        at_urls: whether files at URLs are fetched again as far as is needed; else they are left
            out, as are those that cannot be reached.
    """
    found: dict[str, Record] = {}
    by_source: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_source[place.source].append(place)
    for name, wanted in by_source.items():
        if name in sources:
            inputs = _inputs(sources[name], root, wanted, at_urls=at_urls)
            found.update(_of_source(name, sources[name], inputs, wanted, farthest_bytes))
    return found


def source_texts(stage: Finished, places: Sequence[Place], *, root: Path) -> dict[str, str]:
    """How the documents at these places begin, by id, as `records.side_cars.SourceTexts` asks."""
    sources = recorded_sources(stage.manifest.settings)
    return {
        place.id: opening(records[place.id].text, sources[place.source].language)
        for records in [retrieved(sources, root, places, farthest_bytes=_CHEAP_BYTES)]
        for place in places
        if place.id in records
    }


def texts_of(paths: Iterable[Path]) -> Iterator[str]:
    """The text of every record of files in the formats of a source, in order.

    Raises:
        DataError: at the first record that cannot be used, and where a file cannot be read.
    """
    source = Source(files=tuple(map(str, paths)), language="und", licence="und")
    for item in source_inputs(Path(), source, "the reference"):
        for found in _read(item, source, _Meter()):
            if isinstance(found, BadRecord):
                raise DataError(f"{found.place}: {found.detail}; mend or remove the record")
            if isinstance(found, Record):
                yield found.text


def recorded_sources(settings: Json) -> dict[str, Source]:
    """The sources as a manifest's settings state them."""
    return {name: _source(table) for name, table in settings["sources"].items()}


def opening(text: str, language: str, characters: int = 400) -> str:
    """The beginning of a text, without the personal data that the built-in rules find in it."""
    # What reaches over the end is found whole first.
    beginning, _ = Redaction().apply(text[: 2 * characters], language)
    return beginning if len(beginning) <= characters else beginning[:characters].rstrip() + "…"


def _source(table: Json) -> Source:
    plain: Json = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    fields = Fields(**plain.pop("fields"))
    return Source(**plain, fields=fields)


def _of_source(
    name: str, source: Source, inputs: Iterable[Input], wanted: list[Place], farthest_bytes: int
) -> Iterator[tuple[str, Record]]:
    left = {place.record: place.id for place in wanted}
    for item in inputs:
        here = {record for record in left if record.startswith(item.name)}
        try:
            for record in _records(item, source, here, farthest_bytes):
                if document_id(name, record) == left.pop(record.place):
                    yield document_id(name, record), record
        except (AuroramError, OSError):
            continue  # the file changed or went since: its records are not to be had


def _inputs(
    source: Source, root: Path, wanted: Sequence[Place], *, at_urls: bool
) -> Iterator[Input]:
    """The source's inputs that are still there; of those at URLs only such as may hold a place."""
    for file in source.files:
        holds = at_urls and any(place.record.startswith(shown(file)) for place in wanted)
        if holds or not is_url(file):
            with suppress(AuroramError):
                yield from source_inputs(root, replace(source, files=(file,)), "files")


def _records(
    item: Input, source: Source, places: set[str], farthest_bytes: int
) -> Iterator[Record]:
    left, meter = set(places), _Meter()
    for found in _read(item, source, meter) if left else ():
        if found.place in left:
            left.discard(found.place)
            if isinstance(found, Record):
                yield found
        if not left or meter.bytes > farthest_bytes:
            return


def _read(item: Input, source: Source, meter: "_Meter") -> Iterator[Found]:
    # In one piece: to cut a file it would have to be read before.
    for part in slices_of(item.url, name=item.name, form=item.form, target=TO_THE_END):
        yield from read_slice(part, source.fields, advance=meter.advance)


@dataclass(slots=True)
class _Meter:
    bytes: int = 0

    def advance(self, units: int) -> None:
        self.bytes += units
