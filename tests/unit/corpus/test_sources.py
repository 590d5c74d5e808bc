"""The files that a source means."""

import pytest

from auroram.corpus.sources import Source, source_files
from auroram.errors import DataError


def test_a_folder_stands_for_its_files_and_nothing_is_read_twice(tmp_path):
    for name in ("b.txt", "a.txt", ".hidden", "deep/c.txt"):
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_text("x")
    found = source_files(tmp_path, ["d/b.txt", "d"], "here")
    assert [path.name for path in found] == ["a.txt", "b.txt", "c.txt"]


def test_a_missing_file_gets_the_nearest_name(tmp_path):
    (tmp_path / "help.fi.jsonl").write_text("")
    with pytest.raises(DataError, match=r"here: no such file .*did you mean 'help.fi.jsonl'\?"):
        source_files(tmp_path, ["help.if.jsonl"], "here")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        source_files(tmp_path, ["nowhere/a.jsonl"], "here")


def test_a_source_must_name_files():
    with pytest.raises(ValueError, match="at least one file"):
        Source(files=(), language="fi", licence="MIT")
