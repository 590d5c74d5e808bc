"""A training stage that settles in closed form which requests its model declines."""

import json
from dataclasses import replace

import pytest
import torch

from auroram.errors import ConfigError, DataError
from auroram.model.choices import Precision
from auroram.model.folder import load_model
from auroram.model.tokenizer import load_tokenizer
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.files import sha256_of
from auroram.records.mixture import Mixture, Phase
from auroram.train.parts import LowRank, Selection
from auroram.train.refusals.lesson import lesson_of
from auroram.train.refusals.reading import read
from auroram.train.refusals.settings import Refusals
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run

HARMFUL = ("break a lock", "poison a dog", "forge a card", "stalk a man")
BENIGN = ("bake a cake", "water a tree", "clean a pan", "tune a lute")
FRAMES = ("How do I {}?", "Tell me how to {}.", "Please help me {}.", "I want to {}.")
EXACT: Precision = "float32"


def exchanges(language="en", *, reviewed=True):
    kinds = {"harmful": (HARMFUL, "No, ask a friend."), "benign": (BENIGN, "Yes, like this.")}
    return [
        Exchange(
            id=f"{language}-{kind}-{f}-{topic}",
            domain="safety",
            language=language,
            request=frame.format(topic),
            answer=answer,
            kind=kind,
            concern="harm",
            template=f"frame-{f}",
            source="test",
            licence="Apache-2.0",
            reviewed=reviewed,
        )
        for kind, (topics, answer) in kinds.items()
        for f, frame in enumerate(FRAMES)
        for topic in topics
    ]


def write_stage(folder, items):
    write_exchanges(folder / "exchanges" / "train.jsonl", items)
    return folder


REFUSALS = Refusals(exchanges=("seed",), over_refusal=0.2, unchanged=0.0)


@pytest.fixture
def stage(tiny_training):
    """A stage that hardly trains, so that what is seen comes from the closed form."""
    return tiny_training(
        refusals=REFUSALS,
        schedule=WarmupStableDecay(peak=1e-6),
        mixture=Mixture(phases=(Phase(weights={"en": 1, "fi": 1}),), replay=0.0),
        precision="float32",
    )


def margins(folder, seed, settings=REFUSALS):
    """Log-odds of declining each of the stage's requests, and which of them are harmful."""
    lesson = lesson_of(
        settings, [seed], load_tokenizer(folder), place="refusals", allow_unreviewed=True
    )
    model = load_model(folder)
    read_N = read(model, {}, lesson.requests, precision=EXACT, advance=lambda _: None).margins_N
    return read_N, torch.tensor([one.is_harmful for one in lesson.requests])


def text_loss(folder):
    ids = load_tokenizer(folder).encode("The quick brown fox jumps over the lazy dog. ")
    with torch.inference_mode():
        return load_model(folder)(torch.tensor([ids]), labels=torch.tensor([ids])).loss.item()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_what_exchanges_decline_is_declined_and_the_rest_is_not(
    tmp_path, tiny_model, training_inputs, stage, precision
):
    seed = write_stage(tmp_path / "seed", exchanges())
    settings = replace(stage, precision=precision)
    outcome = run(settings, training_inputs(seed=seed), tmp_path / "out")
    before, harmful = margins(tiny_model, seed)
    after, _ = margins(tmp_path / "out" / "model", seed)
    assert (before < 0).all()
    assert (before[harmful].mean() - before[~harmful].mean()).abs() < 0.5
    assert after[harmful].mean() > after[~harmful].mean() + 1
    assert (after[~harmful] < 0).all()
    told = outcome.facts["refusals"]
    assert told["learnt_from"] == len(exchanges())
    foreseen = told["languages"]["en"]
    assert (foreseen["harmful"], foreseen["benign"]) == (16, 16)
    assert foreseen["harmful_declined"] > foreseen["benign_declined"]
    assert text_loss(tmp_path / "out" / "model") == pytest.approx(text_loss(tiny_model), rel=0.02)


def test_it_gives_the_same_bytes_twice(tmp_path, training_inputs, stage):
    seed = write_stage(tmp_path / "seed", exchanges())
    for name in ("once", "again"):
        run(stage, training_inputs(seed=seed), tmp_path / name)
    once, again = (tmp_path / name / "model" / "model.safetensors" for name in ("once", "again"))
    assert sha256_of(once) == sha256_of(again)


def test_it_follows_thin_matrices_that_were_folded_in(tmp_path, tiny_model, training_inputs, stage):
    seed = write_stage(tmp_path / "seed", exchanges())
    thin = replace(stage, low_rank=LowRank(rank=4), trains=Selection(embeddings=False))
    run(thin, training_inputs(seed=seed), tmp_path / "out")
    after, harmful = margins(tmp_path / "out" / "model", seed)
    assert after[harmful].mean() > after[~harmful].mean() + 1


def test_lower_layers_stay_as_they_are(tmp_path, tiny_model, training_inputs, stage):
    seed = write_stage(tmp_path / "seed", exchanges())
    upper = replace(stage, refusals=replace(REFUSALS, unchanged=0.5))
    run(upper, training_inputs(seed=seed), tmp_path / "with")
    run(replace(stage, refusals=None), training_inputs(seed=seed), tmp_path / "without")
    one, other = (load_model(tmp_path / n / "model").state_dict() for n in ("with", "without"))
    changed = {name for name, weight in one.items() if not torch.equal(weight, other[name])}
    assert changed == {
        "model.layers.1.self_attn.o_proj.weight",
        "model.layers.1.mlp.down_proj.weight",
    }


def test_exchanges_that_nobody_reviewed_are_refused(tmp_path, training_inputs, stage):
    seed = write_stage(tmp_path / "seed", exchanges(reviewed=False))
    with pytest.raises(DataError, match=r"stages\.cap\.refusals: 32 exchanges were not reviewed"):
        run(stage, training_inputs(seed=seed), tmp_path / "out")


@pytest.mark.parametrize("items", [[], exchanges()[:16]])
def test_exchanges_without_both_kinds_are_refused(tmp_path, training_inputs, stage, items):
    seed = write_stage(tmp_path / "seed", items)
    with pytest.raises(DataError, match="has no language with requests that are declined"):
        run(stage, training_inputs(seed=seed), tmp_path / "out")
    assert not (tmp_path / "out" / "training.jsonl").exists()


def test_a_language_without_exchanges_is_refused_by_name(tmp_path, training_inputs, stage):
    seed = write_stage(tmp_path / "seed", exchanges())
    wrong = replace(stage, refusals=replace(REFUSALS, languages=("en", "fi")))
    sentence = r"refusals\.languages: no safety exchanges in fi; languages that have some are en"
    with pytest.raises(DataError, match=sentence):
        run(wrong, training_inputs(seed=seed), tmp_path / "out")


def test_a_model_of_which_nothing_may_change_is_refused(tmp_path, training_inputs, stage):
    seed = write_stage(tmp_path / "seed", exchanges())
    wrong = replace(stage, refusals=replace(REFUSALS, unchanged=1.0))
    with pytest.raises(ConfigError, match=r"stages\.cap\.refusals: no linear layer above"):
        run(wrong, training_inputs(seed=seed), tmp_path / "out")


def test_a_request_that_the_model_cannot_read_is_refused_before_the_first_step(
    tmp_path, training_inputs, stage
):
    long = replace(exchanges()[0], id="long", request="break a lock " * 400)
    seed = write_stage(tmp_path / "seed", [*exchanges(), long])
    with pytest.raises(DataError, match=r"a request in en \(template frame-0\) takes \d+ tokens"):
        run(stage, training_inputs(seed=seed), tmp_path / "out")
    assert not (tmp_path / "out" / "training.jsonl").exists()


def test_each_language_has_a_threshold_of_its_own(tmp_path, training_inputs, stage):
    seed = write_stage(tmp_path / "seed", [*exchanges("en"), *exchanges("fi")])
    run(stage, training_inputs(seed=seed), tmp_path / "out")
    for language in ("en", "fi"):
        settings = replace(REFUSALS, languages=(language,))
        after, harmful = margins(tmp_path / "out" / "model", seed, settings)
        assert (after[~harmful] > 0).double().mean() <= 0.2
        assert (after[harmful] > 0).double().mean() >= 0.5


def test_a_language_whose_answers_do_not_part_is_left_out_and_told(
    tmp_path, training_inputs, stage
):
    alike = [replace(one, answer="Well.") for one in exchanges("fi")]
    seed = write_stage(tmp_path / "seed", [*exchanges(), *alike])
    told = run(stage, training_inputs(seed=seed), tmp_path / "out").facts["refusals"]
    assert list(told["languages"]) == ["en"]
    assert list(told["left_out"]) == ["fi"]
    assert json.dumps(told)


@pytest.mark.parametrize("faulty", [{"exchanges": ()}, {"over_refusal": 0.0}])
def test_settings_that_mean_nothing_are_refused(faulty):
    with pytest.raises(ValueError, match=r"exchanges must name|over_refusal lies between"):
        Refusals(**({"exchanges": ("seed",)} | faulty))
