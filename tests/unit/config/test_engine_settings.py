"""The engine of a recipe: named by its kind, one for all stages, and no part of any."""

from pathlib import Path

import pytest

from auroram.adapters.embedded import Embedded
from auroram.adapters.slurm import Slurm
from auroram.config.load import load_recipe
from auroram.errors import ConfigError

RECIPE = Path(__file__).parents[3] / "recipes" / "quickstart" / "recipe.toml"


def test_without_a_word_work_is_spread_over_the_cores():
    assert load_recipe([RECIPE]).recipe.engine == Embedded(workers="cores")


def test_workers_can_be_set_from_the_command_line():
    assert load_recipe([RECIPE], ["engine.workers=4"]).recipe.engine == Embedded(workers=4)


def test_another_engine_is_named_by_its_kind():
    overrides = ["engine.kind=slurm", "engine.partition=small", "engine.workers=64"]
    engine = load_recipe([RECIPE], overrides).recipe.engine
    assert engine == Slurm(partition="small", workers=64)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("engine.kind=sparks", r"engine.kind: unknown kind 'sparks'; known: embedded, ray, slurm"),
        ("engine.workers=0", r"engine.workers: .*greater than 0"),
        ("engine.threads=4", r"engine.threads: unknown key; known: kind, workers"),
        ("engine=4", r"engine: "),
        ("engine={kind='ray', address='ray://a:1'}", r"engine: address: .*run on a machine of"),
        ("engine={kind='ray', address='a:b'}", r"engine: address: the port of 'a:b' is no number"),
    ],
)
def test_a_wrong_engine_is_refused_with_its_place(override, sentence):
    with pytest.raises(ConfigError, match=sentence):
        load_recipe([RECIPE], [override])
