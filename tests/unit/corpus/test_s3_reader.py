"""Inputs on S3 are read with the real client from a server that speaks its protocol."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus.readers.slices import read_slice, slices_of, source_slices
from auroram.corpus.sources import Fields, Source
from auroram.errors import DataError

TEXTS = [f"rivi {i}" for i in range(500)]
LINES = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode()


@pytest.fixture(scope="module")
def bucket():
    """A bucket with a few objects, behind the default client of this process."""
    s3fs = pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        s3fs.S3FileSystem.clear_instance_cache()
        files = s3fs.S3FileSystem()
        files.mkdir("shelf")
        files.pipe("shelf/a.jsonl", LINES)
        files.pipe("shelf/deep/b.jsonl", LINES)
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table({"text": TEXTS}), sink, row_group_size=100)
        files.pipe("shelf/x.parquet", sink.getvalue().to_pybytes())
        yield "s3://shelf"
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def read(parts):
    return [r.text for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]


@pytest.mark.parametrize("name", ["a.jsonl", "x.parquet"])
def test_an_object_is_read_like_a_file(bucket, name):
    assert read(slices_of(f"{bucket}/{name}", name=name, target=2000)) == TEXTS


def test_a_prefix_stands_for_all_objects_below_it(bucket, tmp_path):
    source = Source(files=(bucket,), language="fi", licence="MIT")
    assert sorted({part.name for part in source_slices(tmp_path, source, "here")}) == [
        f"{bucket}/a.jsonl",
        f"{bucket}/deep/b.jsonl",
        f"{bucket}/x.parquet",
    ]


def test_an_object_that_is_not_there_is_one_clear_sentence(bucket):
    with pytest.raises(DataError, match="no such file"):
        read(slices_of(f"{bucket}/c.jsonl", name="c.jsonl"))
