"""Rows come out sorted, in one layout, however they went in."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from auroram.corpus.shuffle import Shuffled, ShuffleWriter, digits_for
from auroram.corpus.tables import GroupedWriter

SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string())])
ROWS = [{"id": blake3(bytes([i])).hexdigest(16), "text": "x" * i} for i in range(200)]


def sorted_file(tmp_path, *, digits, batch, files=1):
    """All rows, handed by as many workers as there are files, in any order."""
    rows = random.Random(batch).sample(ROWS, len(ROWS))
    paths = [tmp_path / f"{digits}-{batch}-{number}" for number in range(files)]
    for number, path in enumerate(paths):
        with ShuffleWriter(path, SCHEMA, digits) as writer:
            mine = rows[number::files]
            for start in range(0, len(mine), batch):
                writer.append(pa.Table.from_pylist(mine[start : start + batch], SCHEMA))
    out = tmp_path / f"{digits}-{batch}-{files}.parquet"
    with GroupedWriter(out, SCHEMA) as final:
        for table in Shuffled(paths, SCHEMA, ("id",), digits).tables():
            final.append(table)
    return out


@pytest.mark.parametrize(("digits", "batch", "files"), [(0, 7, 1), (1, 7, 3), (2, 50, 2)])
def test_the_file_does_not_depend_on_parts_batches_or_workers(tmp_path, digits, batch, files):
    plain = sorted_file(tmp_path, digits=0, batch=200)
    path = sorted_file(tmp_path, digits=digits, batch=batch, files=files)
    assert path.read_bytes() == plain.read_bytes()
    assert pq.read_table(path)["id"].to_pylist() == sorted(row["id"] for row in ROWS)


def test_row_groups_end_by_bytes_of_text(tmp_path):
    with GroupedWriter(tmp_path / "x.parquet", SCHEMA, group_bytes=1000) as writer:
        for row in ROWS:
            writer.append(pa.Table.from_pylist([row], SCHEMA))
    file = pq.ParquetFile(tmp_path / "x.parquet")
    sizes = [len("".join(file.read_row_group(i)["text"].to_pylist())) for i in range(5)]
    assert all(1000 <= size < 1200 for size in sizes)


@pytest.mark.parametrize(
    "writer", [GroupedWriter, lambda path, schema: ShuffleWriter(path, schema, 1)]
)
def test_an_error_leaves_no_file(tmp_path, writer):
    with pytest.raises(RuntimeError), writer(tmp_path / "x", SCHEMA) as file:
        file.append(pa.Table.from_pylist(ROWS, SCHEMA))
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_rows_is_written_empty(tmp_path):
    with ShuffleWriter(tmp_path / "a", SCHEMA, 1):
        pass
    (table, *others) = Shuffled([tmp_path / "a"], SCHEMA, ("id",), 1).tables()
    assert table.schema == SCHEMA and not len(table) and len(others) == 15


@pytest.mark.parametrize(("size", "digits"), [(0, 0), (2**26, 0), (2**27, 1), (2**31, 2)])
def test_parts_hold_at_most_64_mib(size, digits):
    assert digits_for(size) == digits
