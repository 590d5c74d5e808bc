"""Where raw text comes from: files of a recipe, their language, their licence."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from auroram.errors import DataError
from auroram.settings import settings


@settings
class Fields:
    """What a source's records call things. Plain text has no records and needs none."""

    text: str = "text"
    """Must be there in every record and hold a string."""
    id: str = "id"
    """The record's own name, which tells records of equal text apart; may be missing."""
    url: str = "url"
    licence: str = "licence"
    """An SPDX expression, which wins over the source's own."""
    collected_at: str = "collected_at"


@settings
class Source:
    """Some files of one language, from one place."""

    files: tuple[str, ...]
    """Paths relative to the recipe; a folder stands for all files in it. Endings: .jsonl, .txt,
    .parquet; the first two also with .gz or .zst."""
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


def source_files(root: Path, names: Sequence[str], place: str) -> list[Path]:
    """The files that the names mean, sorted, each once; hidden files in folders are left out.

    Args:
        root: the recipe's folder.
        names: as in `Source.files`.
        place: where the names stand, for the error's sentence.

    Raises:
        DataError: where there is no such file, with the nearest name there is.
    """
    found: set[Path] = set()
    for name in names:
        path = root / name
        inside = sorted(path.rglob("[!.]*")) if path.is_dir() else [path]
        files = [file for file in inside if file.is_file()]
        if not files:
            raise DataError(f"{place}: no such file ({name!r}); {_nearest(path)}")
        found.update(files)
    return sorted(found)


def _nearest(missing: Path) -> str:
    folder = missing.parent
    if missing.is_dir():
        return "the folder is empty"
    if not folder.is_dir():
        return f"there is no folder {folder} either"
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    near = difflib.get_close_matches(missing.name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"the folder holds {len(names)} files"
