from pathlib import Path

import pytest

from auroram.config.load import load_recipe
from auroram.errors import ConfigError

FOLDER = Path(__file__).parents[3] / "recipes"
RECIPES = sorted([*FOLDER.glob("*/recipe.toml"), *FOLDER.glob("*/series.toml")])
QUICKSTART = [FOLDER / "quickstart" / "recipe.toml"]


@pytest.mark.parametrize("file", RECIPES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_recipe_that_we_ship_is_right(file):
    assert load_recipe([file]).recipe.stages


def test_the_quickstart_s_assessment_adds_stages_to_the_run_and_changes_none():
    plain = load_recipe(QUICKSTART).recipe
    more = load_recipe([*QUICKSTART, FOLDER / "quickstart" / "assessment.toml"]).recipe
    added = ["assessment", "extraction", "bias", "assessed"]
    assert list(more.stages) == [*plain.stages, *added]
    assert more.name == plain.name
    assert all(more.stages[name] == stage for name, stage in plain.stages.items())


def test_an_override_reaches_a_stage_by_its_name():
    loaded = load_recipe(QUICKSTART, ["stages.cap.budget_tokens=2048"])
    assert loaded.recipe.stages["cap"].budget_tokens == 2048


def test_a_number_in_quotes_is_not_a_number():
    with pytest.raises(ConfigError, match=r"stages\.cap\.budget_tokens: should be a valid integer"):
        load_recipe(QUICKSTART, ["stages.cap.budget_tokens='9'"])


def test_a_contradiction_between_settings_is_said_in_the_parts_own_words():
    with pytest.raises(ConfigError, match=r"stages\.cap\.schedule: warmup \(0\.8\) and decay"):
        load_recipe(QUICKSTART, ["stages.cap.schedule.warmup=0.8", "stages.cap.schedule.decay=0.5"])


def test_a_recipe_without_a_name_and_stages_hears_of_both(tmp_path):
    (tmp_path / "recipe.toml").write_text("seed = 1\n")
    with pytest.raises(ConfigError) as caught:
        load_recipe([tmp_path / "recipe.toml"])
    assert "name: missing" in str(caught.value) and "stages: missing" in str(caught.value)


def test_only_a_recipe_whose_stages_read_a_model_needs_one(tmp_path):
    recipe = tmp_path / "recipe.toml"
    (tmp_path / "fi.txt").write_text("Hyvää huomenta.\n")
    source = 'sources.fi = { files = ["fi.txt"], language = "fi", licence = "MIT" }\n'
    recipe.write_text(f'name = "x"\n[stages.corpus]\nkind = "corpus"\n{source}')
    assert load_recipe([recipe]).recipe.base is None
    recipe.write_text(f'{recipe.read_text()}[stages.t]\nkind = "tokens"\ndocuments = ["corpus"]')
    with pytest.raises(ConfigError, match=r"stages\.t: reads the base model; name one"):
        load_recipe([recipe])


@pytest.mark.parametrize(
    ("run", "stage", "words"),
    [
        ("../x", "c", r"name: '../x' cannot be"),
        ("", "c", r"name: '' cannot be"),
        ("x", '"../c"', r"stages\.\.\./c: '\.\./c' cannot be"),
    ],
)
def test_a_name_that_leads_out_of_the_run_is_refused(tmp_path, run, stage, words):
    (tmp_path / "fi.txt").write_text("Hyvää huomenta.\n")
    source = 'sources.fi = { files = ["fi.txt"], language = "fi", licence = "MIT" }\n'
    recipe = f'name = "{run}"\n[stages.{stage}]\nkind = "corpus"\n{source}'
    (tmp_path / "recipe.toml").write_text(recipe)
    with pytest.raises(ConfigError, match=words):
        load_recipe([tmp_path / "recipe.toml"])


@pytest.mark.parametrize("names", [("../s", "fi"), ("s", "../fi"), ("a/b", "fi"), ("s", "")])
def test_a_source_or_a_language_that_leads_out_of_its_folder_is_refused(tmp_path, names):
    (tmp_path / "fi.txt").write_text("Hyvää huomenta.\n")
    name, language = names
    source = f'{{ files = ["fi.txt"], language = "{language}", licence = "MIT" }}\n'
    recipe = f'name = "x"\n[stages.c]\nkind = "corpus"\nsources."{name}" = {source}'
    (tmp_path / "recipe.toml").write_text(recipe)
    with pytest.raises(ConfigError, match=r"cannot name a source|must not be empty"):
        load_recipe([tmp_path / "recipe.toml"])


def test_a_pattern_in_place_of_a_file_is_told_as_one(tmp_path):
    (tmp_path / "fi.txt").write_text("Hyvää huomenta.\n")
    source = 'sources.fi = { files = ["*.txt"], language = "fi", licence = "MIT" }\n'
    (tmp_path / "recipe.toml").write_text(f'name = "x"\n[stages.c]\nkind = "corpus"\n{source}')
    with pytest.raises(ConfigError, match=r"no file '\*\.txt'; a name is no pattern"):
        load_recipe([tmp_path / "recipe.toml"])


def test_a_wrong_key_of_a_table_that_may_be_left_out_hears_the_nearest_right_one():
    with pytest.raises(ConfigError, match=r"low_rank\.rnk: unknown key; did you mean 'rank'\?"):
        load_recipe(QUICKSTART, ["stages.cat.low_rank={rnk=1}"])


def test_a_word_where_a_list_is_wanted_hears_how_to_write_it():
    with pytest.raises(ConfigError, match=r"exchanges: should be a list .*write \['safety-en'\]"):
        load_recipe(QUICKSTART, ["stages.safety.exchanges=safety-en"])
