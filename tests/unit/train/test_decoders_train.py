"""A training stage takes any decoder, or says in one sentence why not."""

import json

import pytest
from tiny_decoders import FAMILIES, random_decoder
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    BloomForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    RwkvConfig,
    RwkvForCausalLM,
)

from auroram.errors import ConfigError, DataError
from auroram.model.folder import save_model
from auroram.records.mixture import Mixture, Phase
from auroram.train.parts import Validation
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import Train, run


def training(**changes):
    options = {
        "model": "decoder",
        "tokens": "tokens",
        "budget_tokens": 3072,
        "sequence_tokens": 128,
        "batch_tokens": 512,
        "mixture": Mixture(phases=(Phase(weights={"fi": 1}),), replay=0.0),
        "schedule": WarmupStableDecay(peak=5e-3),
        "validation": Validation(every_tokens=10**6, rows=2),
    }
    return Train(**(options | changes))


@pytest.fixture
def decoder(tiny_model, tmp_path):
    """Writes a model beside the tiny one's tokenizer."""

    def make(model):
        save_model(model, tokenizer_from=tiny_model, folder=tmp_path / "decoder" / "model")
        return tmp_path / "decoder"

    return make


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_what_it_reads(family, decoder, training_inputs, tmp_path):
    inputs = training_inputs(decoder=decoder(random_decoder(family)))
    run(training(), inputs, tmp_path / "out")
    lines = (tmp_path / "out" / "validation.jsonl").read_text().splitlines()
    losses = {(r["step"], r["domain"]): r["loss"] for r in map(json.loads, lines)}
    assert losses[6, "fi"] < losses[0, "fi"] - 0.2
    made = AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "model")
    assert type(made) is type(random_decoder(family))


SHAPE = {"vocab_size": 259, "hidden_size": 32, "num_hidden_layers": 2}
MISFITS = {
    "states that run on": (
        lambda: RwkvForCausalLM(RwkvConfig(**SHAPE, context_length=512)),
        "rwkv",
    ),
    "positions by distance": (lambda: BloomForCausalLM(BloomConfig(**SHAPE, n_head=2)), "bloom"),
    "a head with a bias": (
        lambda: PhiForCausalLM(PhiConfig(**SHAPE, num_attention_heads=2, intermediate_size=32)),
        "head has a bias",
    ),
}


@pytest.mark.parametrize(("build", "words"), MISFITS.values(), ids=MISFITS)
def test_a_model_that_rows_do_not_fit_is_refused_before_training(
    build, words, decoder, training_inputs, tmp_path
):
    inputs = training_inputs(decoder=decoder(build()))
    with pytest.raises(DataError, match=rf"stages\.cap\.model: .*{words}"):
        run(training(), inputs, tmp_path / "out")


def test_learned_positions_are_a_limit_of_the_row(decoder, training_inputs, tmp_path):
    inputs = training_inputs(decoder=decoder(random_decoder("gpt_bigcode")))
    with pytest.raises(ConfigError, match="1024 is more than the 512 positions"):
        run(training(sequence_tokens=1024, batch_tokens=1024), inputs, tmp_path / "out")


def test_a_backend_that_cannot_cap_scores_names_the_other(decoder, training_inputs, tmp_path):
    inputs = training_inputs(decoder=decoder(random_decoder("gemma2")))
    with pytest.raises(ConfigError, match=r"stages\.cap\.attention: 'sdpa'.*write 'blocked'"):
        run(training(attention="sdpa"), inputs, tmp_path / "out")


def test_a_base_without_safetensors_is_refused(decoder, training_inputs, tmp_path):
    folder = decoder(random_decoder("llama"))
    (folder / "model" / "model.safetensors").rename(folder / "model" / "pytorch_model.bin")
    with pytest.raises(DataError, match="no safetensors weights; pickled"):
        run(training(), training_inputs(decoder=folder), tmp_path / "out")
