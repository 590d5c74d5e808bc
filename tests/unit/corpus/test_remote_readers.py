"""Inputs are read from URLs as from a disk, and what cannot be is one clear sentence."""

import gzip
import json

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus.readers.slices import read_slice, slices_of, source_slices
from auroram.corpus.sources import Fields, Source
from auroram.errors import DataError, RunError
from file_server import Ranged, served

LINES = "".join(json.dumps({"text": f"rivi {i}"}) + "\n" for i in range(500)).encode()
TEXTS = [f"rivi {i}" for i in range(500)]


def parquet():
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": TEXTS}), sink, row_group_size=100)
    return sink.getvalue().to_pybytes()


FILES = {"x.jsonl": LINES, "x.jsonl.gz": gzip.compress(LINES), "x.parquet": parquet()}


def read(url, **options):
    parts = slices_of(url, name=url, **options)
    return [r for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]


@pytest.fixture
def shelf(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_files_in_memory_are_read_like_files_on_disk(name):
    with fsspec.open(f"memory://corpus/{name}", "wb") as file:
        file.write(FILES[name])
    assert [r.text for r in read(f"memory://corpus/{name}", target=2000)] == TEXTS


@pytest.mark.parametrize("name", FILES)
def test_files_behind_a_web_server_are_read_like_files_on_disk(shelf, name):
    with served(shelf, Ranged) as address:
        assert [r.text for r in read(f"{address}/{name}?token=1")] == TEXTS


def test_a_server_without_ranges_still_gives_whole_files(shelf):
    with served(shelf) as address:
        assert [r.text for r in read(f"{address}/x.jsonl.gz")] == TEXTS


def test_a_folder_at_a_url_stands_for_its_files(tmp_path):
    for name in ("b.jsonl", "deep/a.jsonl"):
        with fsspec.open(f"memory://two-files/{name}", "wb") as file:
            file.write(LINES)
    source = Source(files=("memory://two-files",), language="fi", licence="MIT")
    parts = source_slices(tmp_path, source, "here")
    assert [part.name for part in parts] == [
        "memory://two-files/b.jsonl",
        "memory://two-files/deep/a.jsonl",
    ]


@pytest.mark.parametrize(
    ("url", "fault", "words"),
    [
        ("memory://nowhere/x.jsonl", DataError, "no such file"),
        ("nowhere9://a/x.jsonl", DataError, "cannot be read here .*install the package"),
        ("http://127.0.0.1:9/x.jsonl", RunError, "cannot be reached"),
    ],
)
def test_what_cannot_be_opened_is_one_clear_sentence(url, fault, words):
    with pytest.raises(fault, match=words):
        read(url)
