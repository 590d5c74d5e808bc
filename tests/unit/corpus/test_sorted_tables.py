"""Rows come out sorted, in one layout, however they went in."""

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3

from auroram.corpus.tables import GroupedWriter, SortedTable, digits_for

SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string())])
ROWS = [{"id": blake3(bytes([i])).hexdigest(4), "text": "x" * i} for i in range(200)]


def sorted_file(tmp_path, *, digits, batch, seed):
    rows = random.Random(seed).sample(ROWS, len(ROWS))
    table = SortedTable(tmp_path / f"work-{digits}-{batch}", SCHEMA, ("id",), digits)
    for start in range(0, len(rows), batch):
        table.append(pa.Table.from_pylist(rows[start : start + batch], SCHEMA))
    path = tmp_path / f"{digits}-{batch}-{seed}.parquet"
    table.write(path)
    return path


@pytest.mark.parametrize(("digits", "batch", "seed"), [(0, 7, 1), (1, 7, 2), (2, 50, 3)])
def test_the_file_does_not_depend_on_parts_batches_or_order(tmp_path, digits, batch, seed):
    plain = sorted_file(tmp_path, digits=0, batch=200, seed=0)
    path = sorted_file(tmp_path, digits=digits, batch=batch, seed=seed)
    assert path.read_bytes() == plain.read_bytes()
    assert pq.read_table(path)["id"].to_pylist() == sorted(row["id"] for row in ROWS)


def test_row_groups_end_by_bytes_of_text(tmp_path):
    with GroupedWriter(tmp_path / "x.parquet", SCHEMA, group_bytes=1000) as writer:
        for row in ROWS:
            writer.append(pa.Table.from_pylist([row], SCHEMA))
    file = pq.ParquetFile(tmp_path / "x.parquet")
    sizes = [len("".join(file.read_row_group(i)["text"].to_pylist())) for i in range(5)]
    assert all(1000 <= size < 1200 for size in sizes)


def test_an_error_leaves_no_file(tmp_path):
    with pytest.raises(RuntimeError), GroupedWriter(tmp_path / "x.parquet", SCHEMA) as writer:
        writer.append(pa.Table.from_pylist(ROWS, SCHEMA))
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_rows_is_written_empty(tmp_path):
    SortedTable(tmp_path / "work", SCHEMA, ("id",), 0).write(tmp_path / "x.parquet")
    assert pq.read_table(tmp_path / "x.parquet").schema.names == SCHEMA.names


@pytest.mark.parametrize(("size", "digits"), [(0, 0), (2**26, 0), (2**27, 1), (2**31, 2)])
def test_parts_hold_at_most_64_mib(size, digits):
    assert digits_for(size) == digits
