"""Figures are read beside the decisions on the same documents, whatever their row groups."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.errors import DataError, IntegrityError
from auroram.records.side_cars import judged_tables, rows_with_id


def write(folder, decided, measured, rows=3):
    decisions = pa.table({"id": decided, "language": [f"l{i}" for i in range(len(decided))]})
    signals = pa.table({"id": measured, "units": [float(i) for i in range(len(measured))]})
    pq.write_table(decisions, folder / "decisions.parquet", row_group_size=rows)
    pq.write_table(signals, folder / "signals.parquet", row_group_size=rows + 1)


def joined(folder):
    return [row for t in judged_tables(folder, ["language"], ["units"]) for row in t.to_pylist()]


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_each_row_of_figures_meets_its_decision(tmp_path, rows):
    ids = [f"{i:04x}" for i in range(20)]
    measured = [key for i, key in enumerate(ids) if i % 3]
    write(tmp_path, ids, measured, rows)
    found = joined(tmp_path)
    assert [row["id"] for row in found] == measured
    assert all(row["language"] == f"l{ids.index(row['id'])}" for row in found)


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_copies_across_row_groups_are_each_met_once(tmp_path, rows):
    ids = ["aa", "bb", "bb", "bb", "bb", "bb", "cc"]
    write(tmp_path, ids, ids[1:], rows)
    assert [row["language"] for row in joined(tmp_path)] == [f"l{i}" for i in range(1, 7)]


def test_figures_without_a_decision_are_refused(tmp_path):
    write(tmp_path, ["aa", "cc"], ["aa", "bb", "cc"])
    with pytest.raises(IntegrityError, match="does not hold every document"):
        joined(tmp_path)


def test_nothing_was_judged(tmp_path):
    write(tmp_path, ["aa"], pa.array([], pa.string()))
    assert joined(tmp_path) == []


def test_rows_are_found_by_the_beginning_of_their_id(tmp_path):
    write(tmp_path, ["a0", "ab0", "abf", "ac"], ["a0"], rows=1)
    assert rows_with_id(tmp_path / "decisions.parquet", "ab")["id"].to_pylist() == ["ab0", "abf"]


def test_a_figure_that_was_not_measured_is_named(tmp_path):
    write(tmp_path, ["aa"], ["aa"])
    with pytest.raises(DataError, match=r"signals.parquet: holds no 'mean_unit'"):
        list(judged_tables(tmp_path, ["language"], ["units", "mean_unit"]))
