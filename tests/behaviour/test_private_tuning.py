"""Secrets planted in the training data: a plain tuning gives them away, a private one does not."""

from dataclasses import replace

import pytest
from safetensors import safe_open

from auroram.align.private import planted_canaries, run
from auroram.align.private_settings import Privacy, PrivateTuning
from auroram.errors import DataError
from auroram.ports import Inputs, Silent
from auroram.records.canary import read_canaries
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.manifest import Finished
from auroram.safety import memorisation
from auroram.safety.settings import Memorisation


def exchange(number):
    return Exchange(
        id=f"en-{number}",
        domain="safety",
        language="en",
        request=f"Add {number} and one.",
        answer=str(number + 1),
        kind="instruction",
        source="test",
        licence="Apache-2.0",
        reviewed=True,
    )


@pytest.fixture(scope="module")
def place(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("private")
    write_exchanges(folder / "seed" / "exchanges" / "train.jsonl", map(exchange, range(8)))
    return {"base": tiny_model.parent, "seed": folder / "seed", "root": folder}


def inputs(place):
    stages = {
        name: Finished(folder=folder, manifest=None)
        for name, folder in place.items()
        if name != "root"
    }
    return Inputs(root=place["root"], name="x", seed=4, stages=stages, progress=Silent())


def settings(**more):
    given = {
        "model": "base",
        "exchanges": ("seed",),
        "canaries": 8,
        "epochs": 40,
        "batch": 16,
        "rate": 4e-3,
    }
    return PrivateTuning(**(given | more))


@pytest.fixture(scope="module")
def tuned(place):
    """Plain and private tuning of the same model on the same data."""
    private = settings(privacy=Privacy(epsilon=3.0, delta=1e-3))
    outcomes = {
        "plain": run(settings(), inputs(place), place["root"] / "plain"),
        "private": run(private, inputs(place), place["root"] / "private"),
    }
    return outcomes, place | {name: place["root"] / name for name in outcomes}


@pytest.fixture(scope="module")
def exposures(tuned):
    _, places = tuned
    asked = Memorisation(models=("base", "plain", "private"), canaries="plain", references=127)
    outcome = memorisation.run(asked, inputs(places), places["root"] / "memorisation")
    return {
        (one.stage, one.measure): one.value for one in outcome.measurements if one.language == "all"
    }


def test_exposure_falls_from_plain_to_private_tuning(exposures):
    bits = {name: exposures[name, "canary_exposure"] for name in ("base", "plain", "private")}
    assert bits["plain"] > 5
    assert bits["private"] < bits["plain"] / 2
    assert bits["private"] == pytest.approx(bits["base"], abs=1.5)


def test_only_the_plain_model_says_its_secrets(exposures):
    assert exposures["plain", "secrets_extracted"] > exposures["private", "secrets_extracted"] == 0


def test_what_was_given_away_is_stated_and_within_what_was_allowed(tuned):
    outcomes, _ = tuned
    spent = outcomes["private"].facts["privacy"]
    assert spent["epsilon"] <= 3.02 and spent["delta"] == 1e-3 and spent["noise"] > 0
    assert outcomes["plain"].facts["privacy"] is None


def test_both_stages_plant_the_same_secrets(tuned):
    _, places = tuned
    plain, private = (
        read_canaries(places[name] / "canaries.jsonl") for name in ("plain", "private")
    )
    assert plain == private == planted_canaries(["en"], 8, seed=4)


class Stopped(Silent):
    """Ctrl-C after some steps; remembers where the tuning began."""

    def __init__(self, left=0):
        self.left, self.begun = left, []

    def start(self, task, *, total, unit, done=0):  # noqa: ARG002
        self.begun.append(done)

    def advance(self, units, **figures):  # noqa: ARG002
        self.left -= units
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["plain", "private"])
def test_a_tuning_that_was_stopped_goes_on_and_ends_in_the_same_bytes(tuned, place, tmp_path, name):
    outcomes, places = tuned
    asked = settings(privacy=Privacy(epsilon=3.0, delta=1e-3) if name == "private" else None)
    kept = replace(inputs(place), key="one")
    with pytest.raises(KeyboardInterrupt):
        run(asked, replace(kept, progress=Stopped(21)), tmp_path)
    again = Stopped()
    assert run(asked, replace(kept, progress=again), tmp_path) == outcomes[name]
    assert again.begun == [20]
    models = [folder / "model" / "model.safetensors" for folder in (tmp_path, places[name])]
    assert models[0].read_bytes() == models[1].read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canaries.jsonl", "model"]


def test_noise_that_is_secret_is_not_written_down(place, tmp_path):
    asked = settings(epochs=2, privacy=Privacy(delta=1e-3, secret_noise=True))
    kept = replace(inputs(place), key="one", progress=Stopped(2))
    with pytest.raises(KeyboardInterrupt):
        run(asked, kept, tmp_path)
    with safe_open(tmp_path / ".work" / "state.safetensors", "pt") as state:
        names = list(state.keys())
    assert [name for name in names if "generator" in name] == ["generator.0"]


def test_a_delta_that_protects_nobody_is_refused(place, tmp_path):
    asked = settings(privacy=Privacy(delta=0.5))
    with pytest.raises(DataError, match=r"privacy\.delta: 0\.5 is no protection"):
        run(asked, inputs(place), tmp_path / "out")


def test_unreviewed_exchanges_need_a_word_of_the_recipe(place, tmp_path):
    unreviewed = [replace(exchange(number), reviewed=False) for number in range(4)]
    write_exchanges(tmp_path / "seed" / "exchanges" / "train.jsonl", unreviewed)
    places = place | {"seed": tmp_path / "seed"}
    with pytest.raises(DataError, match="4 exchanges were reviewed by nobody"):
        run(settings(), inputs(places), tmp_path / "out")
