"""Reading the corpus stage's side-cars together: figures beside decisions, without any text.

All side-cars are ordered by id, and a document has either a row of figures for each row of
decisions or none. So two of them are read side by side, a row group at a time; memory holds one
group of each (at most 100,000 rows).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auroram.errors import DataError, IntegrityError
from auroram.records.manifest import Finished

SIGNALS_FILE = "signals.parquet"
DECISIONS_FILE = "decisions.parquet"
CLUSTERS_FILE = "clusters.parquet"
ORIGINALS_FILE = "originals.parquet"
PERSONAL_DATA_FILE = "personal-data.parquet"
REMOVED_PARAGRAPHS_FILE = "removed-paragraphs.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A document and where it was read."""

    id: str
    source: str
    """The source's name in the recipe."""
    record: str
    """File and line, row, page or record, as the decisions state it."""


SourceTexts = Callable[[Finished, Sequence[Place]], Mapping[str, str]]
"""Reads the beginnings of documents again where a corpus stage found them, by id; documents whose
source is gone, has changed or lies at a URL are left out."""


def no_source_texts(_stage: Finished, _places: Sequence[Place]) -> Mapping[str, str]:
    """Reads nothing: the `SourceTexts` of who has no sources."""
    return {}


def judged_tables(
    folder: Path, decisions: Sequence[str], figures: Sequence[str]
) -> Iterator[pa.Table]:
    """The documents that were judged by figures, in the order of their ids.

    Args:
        folder: of a finished corpus stage.
        decisions: columns of the decisions that are wanted beside `id`.
        figures: columns of the signals that are wanted.

    Returns:
        Tables of at most 100,000 rows; time is linear in the rows of both files.

    Raises:
        DataError: where a figure was not measured.
        IntegrityError: where a row of figures has no row of decisions.
    """
    missing = sorted(set(figures) - set(figure_names(folder)))
    if missing:
        raise DataError(
            f"{folder / SIGNALS_FILE}: holds no {missing[0]!r}, as another version measured it; "
            "run the stage again"
        )
    waiting = _Waiting(folder / DECISIONS_FILE, ["id", *decisions])
    for signals in row_groups(folder / SIGNALS_FILE, ["id", *figures]):
        beside = waiting.rows_of(signals["id"])
        for name in figures:
            beside = beside.append_column(name, signals[name])
        yield beside


def figure_names(folder: Path) -> list[str]:
    """The figures that a corpus stage recorded; none where it recorded nothing."""
    path = folder / SIGNALS_FILE
    return [name for name in pq.read_schema(path).names if name != "id"] if path.is_file() else []


def row_groups(path: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The row groups of a Parquet file that hold any rows, one at a time."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=list(columns))
            if len(table):
                yield table


def rows_with_id(path: Path, prefix: str) -> pa.Table:
    """The rows whose id begins with the prefix; only row groups that may hold one are read."""
    # "g" follows every hexadecimal digit.
    inside = (pc.field("id") >= prefix) & (pc.field("id") < prefix + "g")
    return pq.read_table(path, filters=inside)


class _Waiting:
    """Rows of the decisions that no figures were read for yet."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._groups = row_groups(path, columns)
        self._rows: pa.Table | None = None

    def rows_of(self, ids: pa.ChunkedArray) -> pa.Table:
        """The next rows with these ids, in the same order."""
        self._read_up_to(ids[-1].as_py())
        rows = self._rows
        if rows is not None:
            found = rows.filter(pc.is_in(rows["id"], value_set=ids))
            beyond = rows.filter(pc.greater(rows["id"], ids[-1]))
            # Copies of one document may lie on both sides of a border between row groups.
            self._rows = pa.concat_tables([found.slice(len(ids)), beyond])
            found = found.slice(0, len(ids))
            if found["id"].equals(ids):
                return found
        raise IntegrityError(
            f"{self._path}: does not hold every document of {SIGNALS_FILE}; run the stage again"
        )

    def _read_up_to(self, last: str) -> None:
        while self._rows is None or not len(self._rows) or self._rows["id"][-1].as_py() <= last:
            group = next(self._groups, None)
            if group is None:
                return
            self._rows = group if self._rows is None else pa.concat_tables([self._rows, group])
