"""Every format gives the same records, and every bad one its place."""

import bz2
import gzip
import json
import pickle
import tracemalloc
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from auroram.corpus.readers.records import LONGEST_RECORD, BadRecord, Record
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.sources import Fields
from auroram.errors import DataError

ROWS = [
    {"id": "a", "text": "Hyvää huomenta", "url": "https://a.fi", "licence": "CC0-1.0"},
    {"id": "b", "text": "Xin chào\ncác bạn"},
]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


def read(path, fields=None):
    (whole,) = slices_of(str(path), name=path.name)
    return list(read_slice(whole, fields or Fields(), advance=lambda _: None))


def without_place(records):
    return [(r.text, r.id, r.url, r.licence) for r in records]


def write(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", LINES),
        ("x.ndjson", b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n\r\n")),
        ("x.jsonl.gz", gzip.compress(LINES[:40]) + gzip.compress(LINES[40:])),
        ("x.jsonl.zst", zstandard.compress(LINES)),
        ("x.jsonl.zst", zstandard.compress(LINES[:40]) + zstandard.compress(LINES[40:])),
    ],
)
def test_json_lines_are_read_however_they_are_packed(tmp_path, name, content):
    records = read(write(tmp_path / name, content))
    assert without_place(records) == [
        ("Hyvää huomenta", "a", "https://a.fi", "CC0-1.0"),
        ("Xin chào\ncác bạn", "b", None, None),
    ]


def test_parquet_gives_the_same_records(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "x.parquet", row_group_size=1)
    lines = read(write(tmp_path / "x.jsonl", LINES))
    records = read(tmp_path / "x.parquet")
    assert without_place(records) == without_place(lines)
    assert [r.place for r in records] == ["x.parquet:row 1", "x.parquet:row 2"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (pa.date32(), "2024-01-02"),
        (pa.date64(), "2024-01-02"),
        (pa.timestamp("s"), "2024-01-02T00:00:00"),
        (pa.timestamp("ns"), "2024-01-02T00:00:00"),
        (pa.timestamp("us", "UTC"), "2024-01-02T00:00:00Z"),
        (pa.timestamp("us", "Europe/Helsinki"), "2024-01-02T00:00:00Z"),
    ],
)
def test_dates_and_times_of_columns_become_iso_8601(tmp_path, kind, told):
    at = pa.array([datetime(2024, 1, 2), None]).cast(kind)
    pq.write_table(pa.table({"text": ["a", "b"], "collected_at": at}), tmp_path / "x.parquet")
    assert [record.collected_at for record in read(tmp_path / "x.parquet")] == [told, None]


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_a_whole_number_tells_records_apart_as_a_name_does(tmp_path, name):
    rows = [{"id": number, "text": "sama"} for number in (0, 7, -1)]
    if name == "x.parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    else:
        write(tmp_path / name, "".join(json.dumps(row) + "\n" for row in rows).encode())
    assert [record.id for record in read(tmp_path / name)] == ["0", "7", "-1"]


def test_true_is_no_number(tmp_path):
    (record,) = read(write(tmp_path / "x.jsonl", b'{"id": true, "text": "sama"}'))
    assert record.id == ""


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_a_plain_text_file_is_one_document(tmp_path, pack):
    ending = {bytes: "", gzip.compress: ".gz", zstandard.compress: ".zst"}[pack]
    path = write(tmp_path / f"x.txt{ending}", pack(b"yksi\n\nkaksi\n"))
    assert read(path) == [Record(place=f"{path.name}:1", text="yksi\n\nkaksi\n")]


def test_fields_may_have_other_names(tmp_path):
    path = write(tmp_path / "x.jsonl", b'{"content": "t", "name": "n"}\n')
    assert read(path, Fields(text="content", id="name"))[0].id == "n"


NESTED = {"raw": {"text": "Hei"}, "meta": {"rights": {"licence": "CC0-1.0"}}, "id": "a"}
NESTED_NAMES = Fields(text="raw.text", licence="meta.rights.licence", url="meta.address")


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "arrow"])
def test_a_dot_leads_into_nested_values(tmp_path, ending):
    bare = {"raw": {"text": "Moi"}, "meta": None, "id": "b"}
    path = tmp_path / f"x.{ending}"
    table = pa.Table.from_pylist([NESTED, bare])
    if ending == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in (NESTED, bare)))
    elif ending == "parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_stream(path, table.schema) as stream:
            stream.write_table(table)
    records = read(path, NESTED_NAMES)
    assert without_place(records) == [("Hei", "a", None, "CC0-1.0"), ("Moi", "b", None, None)]


def test_a_name_with_a_dot_in_it_is_found_whole(tmp_path):
    row = {"raw.text": "Hei", "raw": {"text": "not this one"}}
    path = write(tmp_path / "x.jsonl", json.dumps(row).encode())
    assert [record.text for record in read(path, NESTED_NAMES)] == ["Hei"]
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "x.parquet")
    assert [record.text for record in read(tmp_path / "x.parquet", NESTED_NAMES)] == ["Hei"]


@pytest.mark.parametrize("name", ["raw.words", "id.text", "raw.text.more"])
def test_a_nested_column_that_is_missing_lists_those_there_are(tmp_path, name):
    pq.write_table(pa.Table.from_pylist([NESTED]), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=rf"no column '{name}' \(there are id, meta, raw\)"):
        read(tmp_path / "x.parquet", Fields(text=name))


@pytest.mark.parametrize(
    ("line", "reason", "words"),
    [
        (b"{oops", "not-json", "not JSON at column 2"),
        (b'["a"]', "not-json", "not an object; write one object a line"),
        (b"[", "not-json", "JSON over several lines; write one object a line"),
        (b"  {", "not-json", "JSON over several lines"),
        (b'{"id": "a"}', "no-text", "no text under 'text' (the record holds 'id'); say in fields"),
        (b'{"id": "a"}', "no-text", "no text under 'text' (the record holds 'id')"),
        (b'{"text": null}', "no-text", "no text"),
        (b'{"text": "\xff"}', "not-utf-8", "invalid UTF-8 at byte 11"),
        (b'{"text": "\\ud800"}', "not-unicode", "half of a surrogate pair"),
        (b"[" * 100_000, "not-json", "too deeply"),
    ],
)
def test_a_bad_line_is_handed_on_with_its_place_and_reason(tmp_path, line, reason, words):
    path = write(tmp_path / "x.jsonl", b'{"text": "good"}\n' + line + b'\n{"text": "good"}\n')
    first, bad, last = read(path)
    assert isinstance(first, Record) and isinstance(last, Record)
    assert isinstance(bad, BadRecord)
    assert (bad.place, bad.reason) == ("x.jsonl:2", reason)
    assert words in bad.detail


def test_a_line_that_unpacks_without_end_is_bad_and_the_next_is_read(tmp_path):
    bomb = b"x" * (2 * LONGEST_RECORD + 7) + b'\n{"text": "good"}\n'
    path = write(tmp_path / "x.jsonl.zst", zstandard.compress(bomb))
    assert [getattr(r, "reason", "good") for r in read(path)] == ["too-long", "good"]


def test_invalid_utf8_in_plain_text_names_the_line(tmp_path):
    (bad,) = read(write(tmp_path / "x.txt", b"yksi\nkaksi \xff\n"))
    assert (bad.place, bad.reason) == ("x.txt:2", "not-utf-8")


THAI = "สวัสดีตอนเช้า วันนี้อากาศดี"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("täna on ilus ilm ja päike paistab".encode("cp1252"), "Windows-1252: iconv -f WINDOWS-1"),
        ("täna on ilus ilm".encode("utf-16"), "it is UTF-16: iconv -f UTF-16 -t UTF-8"),
        (THAI.encode("utf-16"), "it is UTF-16: iconv -f UTF-16 -t UTF-8"),
        (THAI.encode("cp874"), "an older encoding of its script: iconv -f NAME -t UTF-8"),
    ],
)
@pytest.mark.parametrize("name", ["x.txt", "x.jsonl"])
def test_text_in_another_encoding_is_told_with_how_to_convert_it(tmp_path, name, content, words):
    bad = read(write(tmp_path / name, content))[0]
    assert bad.reason == "not-utf-8" and words in bad.detail


def test_utf8_with_a_damaged_character_is_not_taken_for_another_encoding(tmp_path):
    (bad,) = read(write(tmp_path / "x.txt", THAI.encode()[:-1]))
    assert bad.detail.startswith("invalid UTF-8 at byte ") and "iconv" not in bad.detail


def test_invalid_utf8_in_parquet_names_the_row(tmp_path):
    column = pa.array([b"good", b"\xff"]).view(pa.string())
    pq.write_table(pa.table({"text": column}), tmp_path / "x.parquet")
    good, bad = read(tmp_path / "x.parquet")
    assert good.text == "good"
    assert (bad.place, bad.reason) == ("x.parquet:row 2", "not-utf-8")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl.gz", gzip.compress(LINES * 100)[:-20]),
        ("x.jsonl.gz", b"not gzip at all"),
        ("x.jsonl.gz", b""),
        ("x.txt.zst", b""),
        ("x.jsonl.zst", zstandard.compress(LINES * 100)[:-5]),
        ("x.jsonl.zst", b"not zstandard"),
        ("x.parquet", b"PAR1 but not really"),
        ("x.parquet", b""),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_a_bad_record(tmp_path, name, content):
    *_, last = read(write(tmp_path / name, content))
    assert (last.place, last.reason) == (name, "damaged")
    assert last.detail.endswith("; fetch or make it again")


def test_an_unknown_ending_lists_the_known_ones(tmp_path):
    with pytest.raises(DataError, match=r"x.docx: unknown kind of file; known are .jsonl"):
        read(write(tmp_path / "x.docx", b""))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.zip", "unpack it"),
        ("x.tar.gz", "unpack it"),
        ("x.csv", "write the table as Parquet or JSON lines"),
    ],
)
def test_archives_and_tables_are_refused_with_what_to_do(tmp_path, name, words):
    with pytest.raises(DataError, match=f"{name}: unknown kind of file; {words}"):
        read(write(tmp_path / name, b""))


def test_a_missing_column_lists_those_there_are(tmp_path):
    pq.write_table(pa.table({"body": ["a"]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"no column 'text' \(there are body\)"):
        read(tmp_path / "x.parquet")


@pytest.mark.parametrize("ending", [".gz", ".zst", ""])
def test_all_bytes_of_a_slice_are_told(tmp_path, ending):
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[ending]
    path = write(tmp_path / f"x.jsonl{ending}", pack(LINES * 50))
    told = []
    parts = slices_of(str(path), name="x", target=500)
    for part in parts:
        list(read_slice(part, Fields(), advance=told.append))
    assert sum(told) == sum(part.bytes for part in parts) == path.stat().st_size


def framed(content, size):
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    return b"".join(map(zstandard.compress, pieces))


def table(rows):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=7)
    return sink.getvalue().to_pybytes()


MANY = [{"id": str(i), "text": "sana " * (i * 37 % 90)} for i in range(200)]
MANY_LINES = "".join(json.dumps(row) + "\n" for row in MANY).encode()


@pytest.mark.parametrize("target", [100, 1000, 1500, 7000, 20_000])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", MANY_LINES),
        ("x.jsonl", MANY_LINES.removesuffix(b"\n")),
        ("x.jsonl", MANY_LINES + b"x" * 30_000 + b"\n" + MANY_LINES),
        ("x.jsonl.zst", framed(MANY_LINES, 333)),
        ("x.jsonl.zst", framed(MANY_LINES + b"x" * 30_000 + b"\n" + MANY_LINES, 1000)),
        ("x.parquet", table(MANY)),
    ],
)
def test_cutting_a_file_changes_no_record_and_no_place(tmp_path, target, name, content):
    path = write(tmp_path / name, content)
    parts = slices_of(str(path), name=name, target=target)
    cut = [r for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]
    assert cut == read(path)
    assert len(parts) > 1 or target > 1500


def test_a_slice_survives_the_way_to_another_process(tmp_path):
    path = write(tmp_path / "x.jsonl", LINES)
    parts = slices_of(str(path), name="x")
    assert pickle.loads(pickle.dumps(parts)) == parts


def test_a_damaged_frame_ends_the_cutting_and_is_met_in_the_last_slice(tmp_path):
    content = framed(MANY_LINES, 5000)
    path = write(tmp_path / "x.jsonl.zst", content[:-300])
    parts = slices_of(str(path), name="x", target=1000)
    found = [r for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]
    assert [r.id for r in found[:-1]] == [row["id"] for row in MANY[: len(found) - 1]]
    assert len(parts) > 1 and found[-1].reason == "damaged"


WARC = b"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 6\r\n\r\nteksti\r\n\r\n"
ARCHIVES = {
    "x.jsonl.gz": gzip.compress(LINES * 2000),
    "x.jsonl.bz2": bz2.compress(LINES * 2000),
    "x.warc.gz": b"".join(gzip.compress(WARC + b"\r\n" * n) for n in range(2000)),
}


@pytest.mark.parametrize(("name", "packed"), ARCHIVES.items(), ids=ARCHIVES)
def test_damaged_archives_leave_nothing_in_memory(tmp_path, name, packed):
    half = len(packed) // 2
    path = write(tmp_path / name, packed[:half] + b"\xff" * 50 + packed[half + 50 :])
    read(path)
    tracemalloc.start()
    for _ in range(10):
        assert isinstance(read(path)[-1], BadRecord)
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 100_000
