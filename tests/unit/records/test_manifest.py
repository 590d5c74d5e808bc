import json
from dataclasses import replace

import pytest

from auroram.errors import IntegrityError
from auroram.records.manifest import (
    MANIFEST_NAME,
    Manifest,
    OutputFile,
    Resources,
    Tally,
    read_manifest,
    write_manifest,
)
from auroram.records.measurement import Measurement

MANIFEST = Manifest(
    stage="corpus",
    kind="corpus",
    settings={"held_out": 0.05},
    inputs={"base": "aa"},
    sources={"data/fi.jsonl": "bb"},
    outputs=(OutputFile(path="documents/fi.parquet", size_bytes=3, sha256="cc"),),
    tallies=(
        Tally(step="read", domain="fi", source="help", outcome="kept", unit="documents", value=7),
    ),
    measurements=(
        Measurement(
            stage="base", measure="m", language="fi", value=1.5, n=3, unit="share", split="udhr"
        ),
    ),
    notices=("not reviewed",),
    facts={"a": [1, 2]},
    key="dd",
    resources=Resources(wall_seconds=1.0, processor_seconds=2.0, peak_memory_bytes=5),
    environment={"python": "3.11"},
    started_at="2026-01-01T00:00:00+00:00",
    ended_at="2026-01-01T00:00:01+00:00",
)


def test_what_is_written_is_read_back(tmp_path):
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST


def test_circumstances_do_not_change_the_identity():
    later = replace(MANIFEST, started_at="2027-01-01T00:00:00+00:00", environment={})
    assert later.digest == MANIFEST.digest
    assert later.circumstances_digest != MANIFEST.circumstances_digest


@pytest.mark.parametrize("field", ["settings", "inputs", "sources", "facts"])
def test_what_was_asked_or_came_out_changes_the_identity(field):
    assert replace(MANIFEST, **{field: {"x": "y"}}).digest != MANIFEST.digest


def test_an_edited_manifest_is_refused(tmp_path):
    write_manifest(tmp_path, MANIFEST)
    path = tmp_path / MANIFEST_NAME
    table = json.loads(path.read_text())
    table["measurements"][0]["value"] = 0.1
    path.write_text(json.dumps(table))
    with pytest.raises(IntegrityError, match="changed since it was written"):
        read_manifest(tmp_path)


def test_a_torn_manifest_is_refused(tmp_path):
    (tmp_path / MANIFEST_NAME).write_text('{"stage": "cor')
    with pytest.raises(IntegrityError, match="not a manifest"):
        read_manifest(tmp_path)
