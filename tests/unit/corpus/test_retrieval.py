"""A record is found again where it was read, in every format, and only if it is the same."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus.ingest import document_id
from auroram.corpus.readers.records import Record
from auroram.corpus.readers.slices import read_slice, source_slices
from auroram.corpus.retrieval import opening, recorded_sources, retrieved
from auroram.corpus.sources import Source
from auroram.records.canonical import plain
from auroram.records.side_cars import Place

ROWS = [{"id": f"r{i}", "text": f"Text number {i}."} for i in range(9)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def write(root, name):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=2)
    elif name.endswith(".txt"):
        path.write_text("All of one file.")
    else:
        path.write_bytes(gzip.compress(LINES) if name.endswith(".gz") else LINES)


def source(*files):
    return Source(files=files, language="fi", licence="MIT")


def places(root, name, given):
    """Every record of a source, with the place and id that a corpus stage gives it."""
    slices = source_slices(root, given, "files")
    found = [one for part in slices for one in read_slice(part, given.fields, advance=len_of)]
    records = [one for one in found if isinstance(one, Record)]
    ids = [document_id(name, one) for one in records]
    return {
        Place(id=key, source=name, record=one.place): one
        for key, one in zip(ids, records, strict=True)
    }


def len_of(_units):
    return None


@pytest.mark.parametrize("name", ["a.jsonl", "in/a.jsonl.gz", "a.parquet", "a.txt"])
def test_every_record_is_found_at_its_place(tmp_path, name):
    write(tmp_path, name)
    wanted = places(tmp_path, "s", source(name))
    found = retrieved({"s": source(name)}, tmp_path, wanted)
    assert found == {place.id: record for place, record in wanted.items()}
    assert found


def test_records_of_several_files_of_a_folder_are_told_apart(tmp_path):
    write(tmp_path, "in/a.txt")
    write(tmp_path, "in/a.txt.jsonl")
    wanted = places(tmp_path, "s", source("in"))
    assert len(retrieved({"s": source("in")}, tmp_path, wanted)) == len(ROWS) + 1


def test_a_record_that_changed_is_not_found(tmp_path):
    write(tmp_path, "a.jsonl")
    wanted = list(places(tmp_path, "s", source("a.jsonl")))
    changed = LINES.replace(b"number 4", b"number x")
    (tmp_path / "a.jsonl").write_bytes(changed)
    found = retrieved({"s": source("a.jsonl")}, tmp_path, wanted)
    assert len(found) == len(ROWS) - 1 and wanted[4].id not in found


def test_files_that_are_gone_or_damaged_leave_their_records_out(tmp_path):
    write(tmp_path, "a.jsonl.gz")
    write(tmp_path, "b.jsonl")
    given = source("a.jsonl.gz", "b.jsonl")
    wanted = places(tmp_path, "s", given)
    (tmp_path / "a.jsonl.gz").write_bytes(b"no archive")
    assert len(retrieved({"s": given}, tmp_path, wanted)) == len(ROWS)
    (tmp_path / "b.jsonl").unlink()
    assert retrieved({"s": given}, tmp_path, wanted) == {}


def test_what_lies_too_far_within_a_file_is_left_out(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(LINES + b" " * (1 << 20) + b"\n" + LINES)
    wanted = places(tmp_path, "s", source("a.jsonl"))
    last = list(wanted)[-1]
    near = retrieved({"s": source("a.jsonl")}, tmp_path, [last], farthest_bytes=1000)
    assert near == {} and retrieved({"s": source("a.jsonl")}, tmp_path, [last])


def test_sources_come_back_from_a_manifest_as_they_were():
    given = {"s": source("a.jsonl", "b.txt")}
    assert recorded_sources(plain({"sources": given})) == given


def test_an_opening_is_short_and_without_personal_data():
    text = "Kirjoita osoitteeseen liisa.laine@kirjasto.fi. " * 50
    shown = opening(text, "fi", 60)
    assert len(shown) <= 61 and "liisa.laine" not in shown
