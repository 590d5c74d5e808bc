"""A training stage takes any decoder, or says in one sentence why not."""

import json
import shutil
from functools import partial

import pytest
import torch
from safetensors.torch import load_file
from tiny_decoders import FAMILIES, random_decoder
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    BloomForCausalLM,
    Gemma3nForCausalLM,
    Gemma3nTextConfig,
    Lfm2Config,
    Lfm2ForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    PhimoeConfig,
    PhimoeForCausalLM,
    RwkvConfig,
    RwkvForCausalLM,
)

from auroram.errors import ConfigError, DataError
from auroram.model.folder import load_model, save_model
from auroram.model.generation import generate
from auroram.model.scoring import token_nats
from auroram.model.tokenizer import load_tokenizer
from auroram.pipeline.plan import Machine, stage_plans
from auroram.records.mixture import Mixture, Phase
from auroram.train import merge_stage
from auroram.train.merge_settings import MergeModels
from auroram.train.parts import LowRank, Merge, Selection, Validation
from auroram.train.ranks.fit import check_model_fits
from auroram.train.ranks.mesh import Mesh
from auroram.train.schedule import WarmupStableDecay
from auroram.train.selection import select, token_layers
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


ONE = Machine(devices=1, operations_per_second=1e12, basis="as given")


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


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_planned(family, decoder):
    folder = decoder(random_decoder(family)) / "model"
    kinds = {"whole": training(), "thin": training(low_rank=LowRank(rank=2))}
    whole, thin = stage_plans(kinds, folder, ONE)
    assert whole.six_nd > thin.six_nd > 0
    assert whole.memory.moments > thin.memory.moments


def test_of_experts_a_token_takes_those_that_it_is_sent_to(decoder):
    model = random_decoder("mixtral")
    (plan,) = stage_plans({"cap": training()}, decoder(model) / "model", ONE)
    idle = sum(p.numel() for n, p in model.named_parameters() if ".experts." in n) / 2
    assert plan.six_nd == 6 * (model.num_parameters() - idle) * plan.tokens


def phimoe():
    torch.manual_seed(4)
    options = {"num_local_experts": 4, "num_experts_per_tok": 2, "initializer_range": 0.1}
    return PhimoeForCausalLM(PhimoeConfig(**SHAPE, **HEADS, **options))


@pytest.mark.parametrize(
    "build",
    [phimoe, *(partial(random_decoder, f) for f in ("mixtral", "gpt_neox", "gemma3 that sees"))],
    ids=["phimoe", "mixtral", "gpt_neox", "gemma3 that sees"],
)
def test_thin_matrices_are_folded_and_merged_with_a_base_that_lies_otherwise_in_memory(
    build, decoder, training_inputs, tmp_path
):
    inputs = training_inputs(decoder=decoder(build()))
    settings = training(low_rank=LowRank(rank=4), merge=Merge(base="decoder", share=0.5))
    run(settings, inputs, tmp_path / "out")
    before, after = (
        load_file(folder / "model" / "model.safetensors")
        for folder in (tmp_path / "decoder", tmp_path / "out")
    )
    assert before.keys() == after.keys()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert any("q_proj" in name or "query_key_value" in name for name in moved)
    assert not any("vision" in name or "expert" in name for name in moved)
    assert json.loads((tmp_path / "out" / "drift.jsonl").read_text().splitlines()[-1])["drift"]


def test_experts_that_thin_matrices_leave_alone_are_told(decoder, training_inputs, tmp_path):
    inputs = training_inputs(decoder=decoder(random_decoder("qwen3_moe")))
    thin, whole = (
        run(training(**changes), inputs, tmp_path / str(len(changes))).notices
        for changes in ({"low_rank": LowRank(rank=2)}, {})
    )
    assert any("low_rank: the experts, 46 % of the parameters, stay" in words for words in thin)
    assert not any("experts" in words for words in whole)


def test_models_with_experts_are_merged_as_the_hub_stores_them(decoder, training_inputs, tmp_path):
    inputs = training_inputs(base=decoder(random_decoder("mixtral")), cap=tmp_path / "cap")
    shutil.copytree(tmp_path / "decoder", tmp_path / "cap")
    merge_stage.run(MergeModels(models={"base": 1.0, "cap": 1.0}), inputs, tmp_path / "out")
    base, merged = (
        load_file(folder / "model" / "model.safetensors")
        for folder in (tmp_path / "decoder", tmp_path / "out")
    )
    assert base.keys() == merged.keys()
    assert all(torch.equal(base[name], merged[name]) for name in base)


def test_what_sees_does_not_train(decoder):
    model = random_decoder("gemma3 that sees")
    trained = select(Selection(layers="1"), model, token_layers(model))
    assert any(".layers.1." in name for name in trained)
    assert not any("vision" in name or "projector" in name for name in trained)


SHAPE = {"vocab_size": 259, "hidden_size": 32, "num_hidden_layers": 2}
HEADS = {"num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 32}
MISFITS = {
    "states that run on": (
        lambda: RwkvForCausalLM(RwkvConfig(**SHAPE, context_length=512)),
        r"states of its layers \(rwkv\) run on",
    ),
    "layers that fold": (
        lambda: Lfm2ForCausalLM(
            Lfm2Config(**SHAPE, **HEADS, layer_types=["conv", "full_attention"])
        ),
        r"states of its layers \(conv\) run on",
    ),
    "positions by distance": (
        lambda: BloomForCausalLM(BloomConfig(**SHAPE, n_head=2)),
        "attention cannot be told where the documents",
    ),
    "experts that are to be balanced": (
        lambda: MixtralForCausalLM(
            MixtralConfig(**SHAPE, **HEADS, num_local_experts=2, output_router_logits=True)
        ),
        "write output_router_logits = false",
    ),
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


@pytest.mark.parametrize(("build", "words"), MISFITS.values(), ids=MISFITS)
def test_such_a_model_is_not_planned(build, words, decoder):
    with pytest.raises(DataError, match=rf"stages\.cap\.model: .*{words}"):
        stage_plans({"cap": training()}, decoder(build()) / "model", ONE)


@pytest.mark.parametrize(("build", "words"), MISFITS.values(), ids=MISFITS)
def test_such_a_model_is_scored_as_it_reads_each_text_alone(build, words, decoder):
    model = load_model(decoder(build()) / "model")
    texts = [torch.arange(9, 9 + n) for n in (12, 5, 30)]
    scored = token_nats(model, [ids_T.tolist() for ids_T in texts], context_tokens=64)
    for ids_T, nats in zip(texts, scored, strict=True):
        own = model(input_ids=ids_T[None], use_cache=False).logits[0, :-1].log_softmax(-1)
        alone = -own.gather(1, ids_T[1:, None])[:, 0]
        assert nats == pytest.approx(alone.detach().numpy(), abs=1e-4)


def test_states_that_run_on_write_no_replies(decoder):
    folder = decoder(MISFITS["layers that fold"][0]()) / "model"
    with pytest.raises(DataError, match=r"replies of a 'lfm2' cannot be written in batches"):
        generate(load_model(folder), load_tokenizer(folder), [[5, 6], [7]], max_tokens=2)


def gemma3n():
    own = {"hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": 259, "laurel_rank": 8}
    layers = {"layer_types": ["full_attention"] * 2, "num_kv_shared_layers": 0}
    plain = {"activation_sparsity_pattern": [0.0] * 2}
    config = Gemma3nTextConfig(**SHAPE, **HEADS, **own, **layers, **plain, head_dim=16)
    return Gemma3nForCausalLM(config)


def opt():
    heads = {"num_attention_heads": 2, "ffn_dim": 32, "word_embed_proj_dim": 32}
    return OPTForCausalLM(OPTConfig(**SHAPE, **heads, max_position_embeddings=512))


@pytest.mark.parametrize(("build", "words"), [(gemma3n, "altup"), (opt, "decoder")])
def test_layers_that_share_more_than_states_are_not_laid_in_line(build, words, decoder):
    model = load_model(decoder(build()) / "model")
    with pytest.raises(
        ConfigError, match=rf"mesh\.pipeline: .*parts that all layers share.*{words}"
    ):
        check_model_fits(Mesh(pipeline=2), model, "stages.cap")


def test_layers_below_the_body_of_a_model_are_found(decoder, training_inputs, tmp_path):
    inputs = training_inputs(decoder=decoder(opt()))
    run(training(recompute=True), inputs, tmp_path / "out")
    assert (tmp_path / "out" / "model" / "model.safetensors").is_file()


def test_quantized_weights_are_refused_by_their_kind(decoder, training_inputs, tmp_path):
    folder = decoder(random_decoder("llama"))
    settings = folder / "model" / "config.json"
    table = json.loads(settings.read_text()) | {"quantization_config": {"quant_method": "mxfp4"}}
    settings.write_text(json.dumps(table))
    with pytest.raises(DataError, match=r"its weights are quantized \(mxfp4\)"):
        run(training(), training_inputs(decoder=folder), tmp_path / "out")


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
