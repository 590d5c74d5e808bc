"""Several ranks learn what one process learns."""

from dataclasses import replace

import pytest
import torch
from local_ranks import alike
from transformers import (
    GPTBigCodeConfig,
    GPTBigCodeForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from auroram.model.folder import save_model
from auroram.train.optimizer_settings import Muon
from auroram.train.ranks.mesh import Mesh
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run

MESHES = {
    "data 2": (2, Mesh()),
    "tensor 2": (2, Mesh(tensor=2)),
    "pipeline 2": (2, Mesh(pipeline=2)),
    "context 2": (2, Mesh(context=2)),
    "data 2 x tensor 2": (4, Mesh(tensor=2)),
    "data 2 x pipeline 2": (4, Mesh(pipeline=2)),
    "tensor 2 x pipeline 2": (4, Mesh(tensor=2, pipeline=2)),
    "context 2 x pipeline 2": (4, Mesh(context=2, pipeline=2)),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", MESHES.values(), ids=MESHES)
def test_the_loss_curve_and_the_model_are_those_of_one_process(
    tmp_path, training, train_on, alone, case
):
    ranks, mesh = case
    assert train_on(ranks, training(mesh=mesh), tmp_path) == [0] * ranks
    alike(tmp_path, alone)


@pytest.fixture(params=["query and key norms", "one key head in a common matrix"])
def other_model(request, tiny_model, tmp_path):
    common = {"vocab_size": 259, "initializer_range": 0.1, "bos_token_id": 1, "eos_token_id": 2}
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "head_dim": 16}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    bigcode = {"n_embd": 64, "n_inner": 128, "n_layer": 2, "n_head": 4, "n_positions": 128}
    torch.manual_seed(0)
    model = (
        Qwen3ForCausalLM(Qwen3Config(**common, **shape, **heads))
        if request.param == "query and key norms"
        else GPTBigCodeForCausalLM(GPTBigCodeConfig(**common, **bigcode, multi_query=True))
    )
    save_model(model, tokenizer_from=tiny_model, folder=tmp_path / "base" / "model")
    return tmp_path / "base"


@pytest.mark.slow
def test_other_models_are_cut_by_their_own_plan(
    tmp_path, training, training_inputs, train_on, other_model
):
    settings = training(budget_tokens=5 * 256, schedule=WarmupStableDecay(peak=3e-4))
    (tmp_path / "one").mkdir()
    (tmp_path / "four").mkdir()
    run(settings, training_inputs(base=other_model), tmp_path / "one")
    cut = replace(settings, mesh=Mesh(tensor=2, pipeline=2))
    assert train_on(4, cut, tmp_path / "four", base=other_model) == [0] * 4
    # Keys that all move alike change no attention: a key bias has no gradient but rounding, which
    # Adam makes as large as any other.
    alike(tmp_path / "one", tmp_path / "four", atol=1e-4)


@pytest.mark.slow
def test_what_a_model_does_to_its_embeddings_is_done_on_the_first_stage_alone(
    tmp_path, training, training_inputs, train_on, tiny_model
):
    torch.manual_seed(0)
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "bos_token_id": 1}
    config = GraniteConfig(vocab_size=259, **shape, **heads, embedding_multiplier=6.0)
    model = GraniteForCausalLM(config)
    save_model(model, tokenizer_from=tiny_model, folder=tmp_path / "base" / "model")
    settings = training(budget_tokens=5 * 256)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    run(settings, training_inputs(base=tmp_path / "base"), tmp_path / "one")
    cut = replace(settings, mesh=Mesh(pipeline=2))
    assert train_on(2, cut, tmp_path / "two", base=tmp_path / "base") == [0, 0]
    alike(tmp_path / "one", tmp_path / "two", atol=1e-4)


@pytest.mark.slow
def test_an_optimizer_of_whole_matrices_is_refused_where_ranks_share_them(
    tmp_path, training, train_on
):
    assert train_on(2, training(optimizer=Muon()), tmp_path) == [1, 1]
    assert (tmp_path / "error-0.txt").read_text().startswith("stages.cap.optimizer: muon needs")
