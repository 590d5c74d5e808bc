"""The files and folders that a source means."""

import pytest

from auroram.corpus.sources import Source, source_inputs
from auroram.errors import DataError


def inputs(root, *files, form="auto", language="fi"):
    source = Source(files=files, language=language, licence="MIT", format=form)
    return [(item.name, item.form) for item in source_inputs(root, source, "here")]


def fill(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")


def test_a_folder_stands_for_its_files_and_nothing_is_read_twice(tmp_path):
    fill(tmp_path, "d/b.txt", "d/a.txt", "d/.hidden", "d/deep/c.txt")
    found = [name for name, _ in inputs(tmp_path, "d/b.txt", "d")]
    assert found == ["d/a.txt", "d/b.txt", "d/deep/c.txt"]


@pytest.mark.parametrize(
    ("names", "form", "language"),
    [
        (("d/dataset_info.json", "d/state.json"), "dataset", "fi"),
        (("d/README.md", "d/data/train.parquet"), "dataset", "fi"),
        (("d/README.md", "d/train.parquet"), "dataset", "fi"),
        (("d/pyproject.toml", "d/src/a.py"), "tree", "code"),
    ],
)
def test_a_data_set_or_source_tree_is_told_by_what_lies_in_its_folder(
    tmp_path, names, form, language
):
    fill(tmp_path, *names)
    assert inputs(tmp_path, "d", language=language) == [("d", form)]


def test_a_cloned_folder_of_prose_is_no_source_tree(tmp_path):
    fill(tmp_path, "d/.git/notes.txt", "d/a.txt")
    assert inputs(tmp_path, "d") == [("d/a.txt", "auto")]


def test_what_lies_in_a_hidden_folder_is_left_out_unless_it_is_named(tmp_path):
    fill(tmp_path, "d/.old/a.txt", "d/deep/.b/c.txt", "d/b.txt")
    assert inputs(tmp_path, "d") == [("d/b.txt", "auto")]
    assert inputs(tmp_path, "d/.old") == [("d/.old/a.txt", "auto")]


def test_the_recipe_can_say_what_a_folder_is(tmp_path):
    fill(tmp_path, "d/a.py")
    assert inputs(tmp_path, "d", form="tree") == [("d", "tree")]


def test_a_url_is_shown_without_its_query(tmp_path):
    url = "https://a.example/x.jsonl?token=secret"
    assert inputs(tmp_path, url) == [("https://a.example/x.jsonl", "auto")]


def test_a_missing_file_gets_the_nearest_name(tmp_path):
    fill(tmp_path, "help.fi.jsonl")
    with pytest.raises(DataError, match=r"here: no such file .*did you mean 'help.fi.jsonl'\?"):
        inputs(tmp_path, "help.if.jsonl")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        inputs(tmp_path, "nowhere/a.jsonl")


def test_a_source_must_name_files():
    with pytest.raises(ValueError, match="at least one file"):
        Source(files=(), language="fi", licence="MIT")
