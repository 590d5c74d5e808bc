"""Which model of a run is meant, and what is said where there is none."""

import pytest

from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.run_models import made_model


@pytest.fixture
def run(run_of_models, tmp_path):
    """A run whose stages `base` and `cap` have models, and whose `cat` is not done."""
    folder = RunFolder(run_of_models(tmp_path / "run", "base", "cap"))
    folder.write_recipe(["base", "cap", "cat"], {"seed": 1}, tmp_path)
    return folder


def test_the_last_model_is_meant_where_no_stage_is_named(run):
    assert made_model(run, run.finished()) == "cap"
    assert made_model(run, run.finished(), "base") == "base"


def test_a_stage_that_is_not_done_is_told_apart_from_one_that_there_is_not(run):
    with pytest.raises(DataError, match="stage 'cat' is not done; go on with `auroram run`"):
        made_model(run, run.finished(), "cat")
    with pytest.raises(DataError, match="stage 'cup' has no model; have: base, cap"):
        made_model(run, run.finished(), "cup")


def test_a_run_without_any_model_says_so(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.write_recipe(["corpus"], {}, tmp_path)
    with pytest.raises(DataError, match="no stage has made a model yet; go on with `auroram run`"):
        made_model(folder, folder.finished())
