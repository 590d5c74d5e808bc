"""What a stage asks of earlier ones and cannot get is a fault of the recipe."""

import re
from pathlib import Path

import pytest

from auroram.config.load import load_recipe
from auroram.errors import ConfigError
from auroram.records.release import DECISIONS, FACTS, ITEMS

QUICKSTART = [Path(__file__).parents[3] / "recipes" / "quickstart" / "recipe.toml"]

EXTENDED = "stages.wide={kind='extend-vocabulary',documents=['corpus']}"
WIDE = "stages.wide-tokens={kind='tokens',model='wide',documents=['corpus']}"
TRAINED = (
    "stages.trained={kind='train',model='wide',tokens='wide-tokens',budget_tokens=4096,"
    "mixture={replay=0.1,replay_weights={en=1},phases=[{weights={fi=1}}]}}"
)

FAULTS = {
    "tokens of another vocabulary than the model's": (
        [EXTENDED, WIDE, TRAINED, "stages.trained.tokens=tokens"],
        r"stages\.trained\.tokens: 'tokens' has the tokens of 'base' and 'wide' those of 'wide'",
    ),
    "an end beside a model of another vocabulary": (
        [EXTENDED, WIDE, TRAINED, "stages.trained.merge.share=0.5"],
        r"stages\.trained\.merge\.base: 'base' has the tokens of 'base'",
    ),
    "a teacher of another vocabulary": (
        [EXTENDED, WIDE, TRAINED, "stages.trained.distil.teacher=cap"],
        r"stages\.trained\.distil\.teacher: 'cap' has the tokens of 'base'",
    ),
    "a merge of models of different vocabularies": (
        [EXTENDED, WIDE, TRAINED, "stages.m={kind='merge',models={cap=1,trained=1}}"],
        r"stages\.m\.models\.trained: 'trained' has the tokens of 'wide' and 'base' those of",
    ),
    "a sweep between models of different vocabularies": (
        [
            EXTENDED,
            WIDE,
            TRAINED,
            "stages.sweep={kind='merge-sweep',model='trained',tokens='wide-tokens'}",
        ],
        r"stages\.sweep\.model: 'trained' has the tokens of 'wide'",
    ),
    "models that go on from one another in a ring": (
        [
            "stages.cap.model=cat",
            "stages.cap.schedule.peak=previous",
            "stages.cat.schedule.peak=previous",
        ],
        r"stages\.cap: reads 'cat', which comes later",
    ),
    "a model of a stage that makes none": (
        ["stages.evaluation.models=['base','tokens']"],
        r"stages\.evaluation\.models: 'tokens' makes no model; .* \(base, cap, cat\)",
    ),
    "documents of a stage that makes none": (
        ["stages.evaluation.documents=tokens"],
        r"stages\.evaluation\.documents: 'tokens' makes no documents; .*\(corpus, general\)",
    ),
    "tokens of a stage that makes none": (
        ["stages.cap.tokens=corpus"],
        r"stages\.cap\.tokens: 'corpus' makes no tokens; name one that does \(tokens\)",
    ),
    "exchanges of a stage that makes none": (
        ["stages.safety.exchanges=['corpus']"],
        r"stages\.safety\.exchanges: 'corpus' makes no exchanges; .*\(instructions, safety-en",
    ),
    "the model of a stage that makes none, where others come later": (
        ["stages.cap.model=tokens"],
        r"stages\.cap\.model: 'tokens' makes no model; name one that does \(base\)",
    ),
    "a merge with a stage that makes no model": (
        ["stages.cat.merge.base=tokens"],
        r"stages\.cat\.merge\.base: 'tokens' makes no model; name one that does \(base, cap\)",
    ),
    "a teacher that is no model": (
        ["stages.cap.distil.teacher=corpus"],
        r"stages\.cap\.distil\.teacher: 'corpus' makes no model",
    ),
    "refusals of a stage that makes no exchanges": (
        ["stages.cat.refusals.exchanges=['corpus']"],
        r"stages\.cat\.refusals\.exchanges: 'corpus' makes no exchanges",
    ),
    "documents of the base model": (
        ["stages.instructions.documents=base"],
        r"stages\.instructions\.documents: 'base' makes no documents; .*\(corpus, general\)",
    ),
    "a domain that no source has": (
        ["stages.cap.mixture.phases=[{weights={sw=1}}]"],
        r"stages\.cap\.mixture: there can be no tokens of sw \(there are code, en, fi, general-en",
    ),
    "a replayed domain that no source has": (
        ["stages.cap.mixture.replay_weights={en=1,english=1}"],
        r"stages\.cap\.mixture: there can be no tokens of english",
    ),
    "a bound on passes over a domain that no source has": (
        ["stages.cap.mixture.domain_epochs={if=2}"],
        r"stages\.cap\.mixture: there can be no tokens of if",
    ),
    "exchanges that stand apart under the name of all": (
        ["stages.cat.mixture.phases=[{weights={safety=1}}]"],
        r"stages\.cat\.mixture: there can be no tokens of safety \(.*safety-en, safety-fi",
    ),
    "a watched domain that no source has": (
        ["stages.cap.validation.domains=['fi','sw']"],
        r"stages\.cap\.validation\.domains: there can be no tokens of sw",
    ),
    "documents to cut that no source has": (
        ["stages.tokens.fill_in_the_middle.domains=['python']"],
        r"stages\.tokens\.fill_in_the_middle\.domains: there can be no documents of python",
    ),
    "refusals in a language without exchanges": (
        ["stages.cat.refusals.languages=['fi','en','sv']"],
        r"stages\.cat\.refusals\.languages: there can be no safety exchanges in en, sv "
        r"\(there are fi, hi, ja, vi\)",
    ),
    "refusals from exchanges that are none of safety": (
        ["stages.cat.refusals.exchanges=['instructions']"],
        r"stages\.cat\.refusals\.exchanges: name a stage of safety exchanges",
    ),
    "seed requests in a language that has none": (
        ["stages.safety-en.languages=['sv']"],
        r"stages\.safety-en: languages: no requests in sv; languages with seed data are en, fi",
    ),
    "what the base knew in a language without text": (
        ["stages.series={kind='probe',trained=['cap'],documents='corpus',upstream=['en','sv']}"],
        r"stages\.series\.upstream: there can be no texts of sv \(there are code, en, fi",
    ),
    "a rate that goes on from next to none": (
        [
            "stages.cap.schedule.decay=0.5",
            "stages.cat.schedule.peak='previous'",
        ],
        r"schedule\.peak: 'previous' is 3\.5e-05, as 'cap' lets its rate fall to 0\.01 of its peak",
    ),
}


@pytest.mark.parametrize(("overrides", "said"), FAULTS.values(), ids=FAULTS)
def test_what_no_earlier_stage_can_have_is_refused_with_the_recipe(overrides, said):
    with pytest.raises(ConfigError) as refused:
        load_recipe(QUICKSTART, overrides)
    assert re.search(said, str(refused.value)), refused.value


@pytest.mark.parametrize(
    "overrides",
    [
        ["stages.cat.schedule.peak='previous'"],
        ["stages.cat.schedule.peak='previous'", "stages.cap.schedule={kind='cosine'}"],
        ["stages.cat.schedule.peak='previous'", "stages.cap.schedule={kind='infinite',anneal=0.1}"],
        ["stages.cat.refusals.languages=[]"],
        ["stages.series={kind='probe',trained=['cap'],documents='general'}"],
    ],
)
def test_a_rate_or_languages_that_can_be_had_are_none(overrides):
    assert load_recipe(QUICKSTART, overrides).recipe.stages


RELEASED = """
name = "released"
base = { kind = "folder", path = "model", licence = "MIT" }

[stages.released]
kind = "release"
folder = "release"

[stages.tokens]
kind = "tokens"
exchanges = ["released"]

[stages.cat]
kind = "train"
model = "base"
tokens = "tokens"
budget_tokens = 4096
mixture = { replay = 0.0, phases = [{ weights = { safety = 1 } }] }
refusals = { exchanges = ["released"], languages = ["sv"] }
"""


@pytest.fixture
def released(tmp_path):
    """A recipe that trains on a release, which says nothing of its languages."""
    for folder in ("model", "release"):
        (tmp_path / folder).mkdir()
    for name in (FACTS, ITEMS, DECISIONS):
        (tmp_path / "release" / name).write_text("")
    (tmp_path / "recipe.toml").write_text(RELEASED)
    return [tmp_path / "recipe.toml"]


def test_languages_that_no_stage_tells_are_not_refused_ahead(released):
    assert load_recipe(released).recipe.stages
    assert load_recipe(released, ["stages.tokens.apart=['released']"]).recipe.stages


def test_the_domain_of_a_release_is_known(released):
    with pytest.raises(ConfigError, match=r"no tokens of safe \(there are safety\)"):
        load_recipe(released, ["stages.cat.mixture.phases=[{weights={safe=1}}]"])
