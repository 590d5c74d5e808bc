"""Finds tasks by name, and opens no file that was not asked for.

A name is that of a file without its ending (`gsm8k`), of one of a file's languages
(`dates_fi`), of a file that lists others (`task: [...]`), or a path. Folders that a user names
are looked at before our own.
"""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from auroram.errors import DataError
from auroram.evaluate.tasks.task import Task
from auroram.evaluate.tasks.task_file import languages_of, read_table, task_of

PACKS = Path(__file__).parent.parent / "packs"
"""Our own task files."""

_ENDINGS = (".yaml", ".yml")


def find_tasks(names: Sequence[str], folders: Sequence[Path] = ()) -> list[Task]:
    """The tasks of these names, in order, each once.

    Raises:
        DataError: where a folder is missing, a name is known to none, or a file is wrong.
    """
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise DataError(f"{missing[0]}: no such folder; name one that holds task files")
    found: dict[str, Task] = {}
    for name in names:
        for task in _named(name, [*folders, PACKS]):
            found.setdefault(task.name, task)
    return list(found.values())


def known_names(folders: Sequence[Path] = ()) -> list[str]:
    """What can be asked for, by the names of the files."""
    places = [*folders, PACKS]
    return sorted({path.stem for folder in places for path in folder.rglob("*.yaml")})


def _named(name: str, folders: Sequence[Path]) -> Iterator[Task]:
    path, language = _file(name, folders)
    table = read_table(path)
    listed = table.get("task")
    if isinstance(listed, list):
        for one in listed:
            if not isinstance(one, str):
                raise DataError(f"{path}: task: a group may only list names ({one!r}); name files")
            yield from _named(one, [path.parent, *folders])
        return
    languages = languages_of(table)
    if language and language not in languages:
        known = ", ".join(languages)
        raise DataError(f"task {name!r}: {path.name} has no {language!r}; known: {known}")
    for one in [language] if language else languages or [""]:
        yield task_of(table, path, one)


def _file(name: str, folders: Sequence[Path]) -> tuple[Path, str]:
    """The file of a name, and the language that the name ends with."""
    if name.endswith(_ENDINGS):
        return Path(name), ""
    for folder in folders:
        if direct := _in(folder, name):
            return direct, ""
    stem, _, language = name.rpartition("_")
    while stem:
        for folder in folders:
            if (path := _in(folder, stem)) and languages_of(read_table(path)):
                return path, language
        stem, _, more = stem.rpartition("_")
        language = f"{more}_{language}"
    known = known_names(folders[:-1])
    near = difflib.get_close_matches(name, known, n=3)
    names = f"near: {', '.join(near)}" if near else f"known: {', '.join(known)}"
    raise DataError(f"task {name!r}: not found; {names}; or give a file's path")


def _in(folder: Path, name: str) -> Path | None:
    """The file of that name in a folder or below it."""
    direct = folder / f"{name}.yaml"
    if direct.is_file():
        return direct
    return next(iter(sorted(folder.rglob(f"{name}.yaml"))), None)
