"""Where raw text comes from: files of a recipe or URLs, their language, their licence."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auroram.corpus.languages import CODE
from auroram.corpus.readers.formats import Format, folder_form
from auroram.corpus.readers.locations import below, files_below, is_folder, is_url, shown
from auroram.errors import DataError
from auroram.settings import settings

_WHOLE_FOLDERS = ("dataset", "tree")


@settings
class Fields:
    """What a source's records call things; plain text has no records and needs none.

    A dot leads into a nested object or struct: `metadata.license`.
    """

    text: str = "text"
    """Must be there in every record and hold a string."""
    id: str = "id"
    """The record's own name or whole number, which tells records of equal text apart; may be
    missing."""
    url: str = "url"
    """Where the record was found."""
    licence: str = "licence"
    """An SPDX expression, which wins over the source's own."""
    collected_at: str = "collected_at"
    """ISO 8601, or in a table of columns a date or time; those of a time zone are kept in UTC."""
    optout: str = "optout"
    """What the page said against training on it: lines such as `X-Robots-Tag: noai`."""


@settings
class Source:
    """Some files of one language, from one place."""

    files: tuple[str, ...]
    """Paths relative to the recipe, or URLs that fsspec knows (`https://`, `s3://`, `hf://`).
    A folder that is no data set or source tree stands for all files in it, but for hidden ones."""
    format: Format = "auto"
    """What the files hold, where their endings do not say: `jsonl`, `parquet`, `text`, `warc`,
    `wikipedia` (a MediaWiki dump), `dataset` (a folder of a Hugging Face data set) or `tree` (a
    folder of source code). `auto` looks at endings (.jsonl, .txt, .warc, .xml, .parquet; also
    with .gz, .zst or .bz2) and at what lies in a folder; a source tree is one of `code` alone."""
    language: str
    """BCP 47 tag, such as `fi`, or `code`. Names the domain of a mixture."""
    licence: str
    """SPDX expression that holds where a record states none."""
    fields: Fields = Fields()

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("files must name at least one file")
        if not self.language or not self.licence:
            raise ValueError("language and licence must not be empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file, or a folder that is read as a whole."""

    url: str
    """A path or a URL."""
    name: str
    """What places and errors call it: relative to the recipe, without a URL's query."""
    form: Format


def source_inputs(root: Path, source: Source, place: str) -> list[Input]:
    """What a source's files mean, sorted, each once; hidden files in folders are left out.

    Args:
        root: the recipe's folder.
        source: the source's settings.
        place: where its files are named, for the error's sentence.

    Raises:
        DataError: where there is no such file, with the nearest name there is.
    """
    found: dict[str, Input] = {}
    for name in source.files:
        inputs = _remote_inputs(name, source) if is_url(name) else _inputs(root, name, source)
        if not inputs:
            raise DataError(f"{place}: no such file ({name!r}); {_nearest(root / name)}")
        found |= {item.url: item for item in inputs}
    return [found[url] for url in sorted(found)]


def _inputs(root: Path, name: str, source: Source) -> list[Input]:
    path = root / name
    if path.is_dir():
        form = _form(source, (item.name for item in path.iterdir()))
        if form in _WHOLE_FOLDERS:
            return [Input(url=str(path), name=_shown(path, root), form=form)]
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [
        Input(url=str(file), name=_shown(file, root), form=source.format)
        for file in inside
        if file.is_file() and not _is_hidden(file.relative_to(path).parts)
    ]


def _remote_inputs(url: str, source: Source) -> list[Input]:
    name = shown(url)
    if not is_folder(url, name):
        return [Input(url=url, name=name, form=source.format)]
    inside = files_below(url, name)
    form = _form(source, (path.partition("/")[0] for path in inside))
    if form in _WHOLE_FOLDERS:
        return [Input(url=url, name=name, form=form)]
    return [
        Input(url=below(url, path), name=below(name, path), form=form)
        for path in inside
        if not _is_hidden(path.split("/"))
    ]


def _form(source: Source, names: Iterable[str]) -> Format:
    """What a folder with these names in it is; one of prose is no source tree unasked."""
    if source.format != "auto":
        return source.format
    form = folder_form(names)
    return "auto" if form == "tree" and source.language != CODE else form


def _is_hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith(".") for part in parts)


def _shown(path: Path, root: Path) -> str:
    inside = path.is_relative_to(root)
    return path.relative_to(root).as_posix() if inside else str(path)


def _nearest(missing: Path) -> str:
    folder = missing.parent
    if missing.is_dir():
        return "the folder is empty"
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    near = difflib.get_close_matches(missing.name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"the folder holds {len(names)} files"
