"""Which format an input has: told by its ending, or by what lies in a folder."""

from collections.abc import Iterable
from typing import Literal

from auroram.corpus.readers.code_files import names as names_of
from auroram.corpus.readers.unpacking import unpacked_name

Format = Literal["auto", "jsonl", "parquet", "text", "warc", "wikipedia", "dataset", "tree"]

_ENDINGS = {
    "jsonl": "jsonl",
    "json": "jsonl",
    "ndjson": "jsonl",
    "txt": "text",
    "parquet": "parquet",
    "warc": "warc",
    "wet": "warc",
    "xml": "wikipedia",
    "arrow": "arrow",
}
_ARCHIVES = ("zip", "tar", "tgz", "rar", "7z", "xz", "lz4")
_TABLES = ("csv", "tsv", "xlsx", "xls", "ods")
_KNOWN = (
    ".jsonl, .json, .ndjson, .txt, .warc and .wet, also with .gz or .zst; .xml, also with .bz2; "
    ".parquet and .arrow"
)
_DATASET_MARKS = frozenset({"dataset_info.json", "dataset_dict.json", "state.json"})


def kind_by_ending(name: str) -> str | None:
    """The reader of a file by its ending; None where it is not known."""
    return _ENDINGS.get(unpacked_name(name).rpartition(".")[2])


def unknown_hint(name: str) -> str:
    """What to do with a file whose ending is not known."""
    ending = unpacked_name(name).rpartition(".")[2]
    if ending in _ARCHIVES:
        return "unpack it, and name the folder"
    if ending in _TABLES:
        return "write the table as Parquet or JSON lines first"
    return f"known are {_KNOWN}; or say its format"


def kind_of(name: str, form: Format) -> str | None:
    """The reader of a file; None where neither the recipe nor the ending says."""
    if form == "auto" or (form == "dataset" and kind_by_ending(name)):
        return kind_by_ending(name)
    return form


def folder_form(names: Iterable[str]) -> Format:
    """What a folder is: a data set, a source tree, or `auto` for a folder of single files.

    Args:
        names: what lies right in the folder. A data set has its description, or a card beside
            `data` or Parquet files; a source tree what its makers build it by.
    """
    small = {name.lower() for name in names}
    tables = "data" in small or any(name.endswith(".parquet") for name in small)
    if small & _DATASET_MARKS or ("readme.md" in small and tables):
        return "dataset"
    return "tree" if small & names_of("projects") else "auto"
