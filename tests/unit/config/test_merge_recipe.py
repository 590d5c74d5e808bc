"""A recipe can name a merge, a sweep and a schedule that goes on from the stage before."""

from pathlib import Path

import pytest

from auroram.config.load import load_recipe
from auroram.errors import ConfigError
from auroram.train.merge_settings import Dare
from auroram.train.parts import Spikes
from auroram.train.schedule import PREVIOUS

RECIPE = Path(__file__).parents[3] / "recipes" / "quickstart" / "recipe.toml"
MORE = """
[stages.cat]
schedule = { kind = "warmup-stable-decay", peak = "previous", warmup = 0.0, decay = 1.0 }
on_bad_loss = "roll-back"
spikes = { loss = 3.0 }
goldfish = { k = 4, context = 13 }

[stages.merged]
kind = "merge"
models = { cap = 1.0, cat = 0.5 }
method = { kind = "dare", density = 0.2 }

[stages.sweep]
kind = "merge-sweep"
model = "cat"
tokens = "tokens"
shares = [0.0, 0.5, 1.0]
"""


@pytest.fixture
def more(tmp_path):
    file = tmp_path / "more.toml"
    file.write_text(MORE)
    return file


def test_every_part_is_read(more):
    stages = load_recipe([RECIPE, more]).recipe.stages
    assert stages["cat"].schedule.peak == PREVIOUS
    assert stages["cat"].spikes == Spikes(loss=3.0)
    assert stages["merged"].method == Dare(density=0.2)
    assert stages["merged"].reads() == ("base", "cap", "cat")
    assert stages["sweep"].reads() == ("base", "cat", "tokens")


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("stages.merged.method.kind=average", "unknown kind 'average'"),
        ("stages.cat.on_bad_loss=ignore", "stages.cat.on_bad_loss"),
        ("stages.cat.schedule.peak=next", "stages.cat.schedule.*peak"),
        ("stages.cat.goldfish.k=1", "stages.cat.goldfish.k"),
        ("stages.cat.spikes.window=82", "stages.cat: spikes.window .82. leaves none of the 82"),
    ],
)
def test_what_no_stage_knows_is_refused_with_its_place(more, override, sentence):
    with pytest.raises(ConfigError, match=sentence):
        load_recipe([RECIPE, more], [override])
