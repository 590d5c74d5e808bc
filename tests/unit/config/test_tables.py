import pytest

from auroram.config.tables import read_tables
from auroram.errors import ConfigError


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def test_later_files_and_overrides_win_and_tables_merge(tmp_path):
    first = written(tmp_path, "a.toml", "seed = 1\n[stages.cap]\nkind = 'train'\nsteps = 3\n")
    second = written(tmp_path, "b.toml", "[stages.cap]\nsteps = 4\n")
    table = read_tables([first, second], ["seed=7"])
    assert table == {"seed": 7, "stages": {"cap": {"kind": "train", "steps": 4}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [("x=3", 3), ("x=[1,2]", [1, 2]), ("x=true", True), ("x=plain word", "plain word")],
)
def test_an_override_is_toml_or_a_bare_word(text, value):
    assert read_tables([], [text]) == {"x": value}


def test_lists_replace():
    assert read_tables([], ["x=[1,2]", "x=[3]"]) == {"x": [3]}


@pytest.mark.parametrize(
    ("content", "words"),
    [("a = \n", "not TOML .*line 1"), ("a = 1\na = 2\n", "not TOML"), (None, "no such recipe")],
)
def test_an_unreadable_recipe_is_named(tmp_path, content, words):
    path = tmp_path / "recipe.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=f"recipe.toml: .*{words}"):
        read_tables([path], [])


def test_a_recipe_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_bytes(b"name = '\xff'\n")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 8"):
        read_tables([path], [])


def test_an_override_without_a_value_is_refused():
    with pytest.raises(ConfigError, match="write section"):
        read_tables([], ["stages.cap"])
