"""Data sets of the hub: their Parquet copy is read, and what cannot be had is one sentence."""

import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dataset_hub import serve

READ = """
import sys
from pathlib import Path
from auroram.errors import AuroramError
from auroram.evaluate.rows.source import Source
from auroram.evaluate.tasks.catalog import find_tasks
(task,) = find_tasks([sys.argv[1]])
try:
    print(len(Source(data={}).rows(task)), Source(data={}).rows(task)[0])
except AuroramError as error:
    print(f"{type(error).__name__}: {error}")
"""
ROW = {
    "question_stem": "The sun is",
    "choices": {"text": ["a star", "a stone"], "label": ["A", "B"]},
    "answerKey": "A",
}


def read(tmp_path, task, **hub):
    # A process of its own: the library reads the hub's address once, when it is imported.
    environment = os.environ | hub | {"HF_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", READ, task]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path):
    split = tmp_path / "hub" / "main" / "test"
    split.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([ROW] * 2), split / "0000.parquet")
    pq.write_table(pa.Table.from_pylist([ROW]), split / "0001.parquet")
    return tmp_path / "hub"


def test_the_hubs_parquet_copy_of_a_split_is_read_whole(tmp_path, folder):
    with serve("allenai/openbookqa", folder) as address:
        assert read(tmp_path, "openbookqa", HF_ENDPOINT=address) == f"3 {ROW}"


def test_without_a_network_one_sentence_says_what_to_do(tmp_path):
    told = read(tmp_path, "openbookqa", HF_ENDPOINT="http://127.0.0.1:9")
    assert told.startswith(
        "RunError: openbookqa: allenai/openbookqa cannot be fetched from the hub"
    )
    assert told.endswith("--data openbookqa=PATH, in a recipe data.openbookqa")
    assert "\n" not in told and "--data" in read(tmp_path, "openbookqa", HF_HUB_OFFLINE="1")


def test_a_set_that_the_hub_does_not_have_is_told(tmp_path, folder):
    with serve("somebody/else", folder) as address:
        told = read(tmp_path, "openbookqa", HF_ENDPOINT=address)
    assert "openbookqa" in told and "Traceback" not in told and "\n" not in told
