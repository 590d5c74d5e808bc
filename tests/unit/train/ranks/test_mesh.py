"""A mesh that does not fit is refused in a sentence."""

import pytest
from transformers import LlamaConfig, LlamaForCausalLM, MambaConfig, MambaForCausalLM

from auroram.errors import ConfigError
from auroram.train.ranks.fit import check_model_fits
from auroram.train.ranks.mesh import Mesh, Rows, check_rows


def llama(**shape):
    sizes = {"vocab_size": 8, "hidden_size": 24, "intermediate_size": 16, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 6, "num_key_value_heads": 2}
    return LlamaForCausalLM(LlamaConfig(**(sizes | heads | shape)))


@pytest.mark.parametrize(
    ("world", "mesh", "data"),
    [
        (1, Mesh(), 1),
        (4, Mesh(), 4),
        (6, Mesh(tensor=2), 3),
        (16, Mesh(tensor=2, pipeline=2, context=2), 2),
    ],
)
def test_the_data_ranks_are_what_the_other_degrees_leave(world, mesh, data):
    assert mesh.data_of(world) == data


@pytest.mark.parametrize(
    ("mesh", "world", "said"),
    [
        (Mesh(data=4), 1, "4 ranks are needed (data 4 x tensor 1), but 1 run"),
        (Mesh(tensor=2), 3, "2 ranks are needed (data 1 x tensor 2), but 3 run"),
        (Mesh(pipeline=2), 1, "2 ranks are needed (data 1 x tensor 1 x pipeline 2), but 1 run"),
        (Mesh(), 3, "8 rows a step do not divide among 3 data ranks"),
        (Mesh(context=3), 3, "3 ranks do not divide the 64 positions of a row (sequence_tokens)"),
        (Mesh(pipeline=2), 2, "3 rows do not divide the 8 of a rank; choose a divisor"),
    ],
)
def test_a_number_of_ranks_that_does_not_fit_is_refused(mesh, world, said):
    with pytest.raises(ConfigError) as refused:
        rows = Rows(a_step=8, at_once=3, tokens=64)
        check_rows(mesh, world=world, rows=rows, place="stages.cap")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("shape", "mesh", "said"),
    [
        ({}, Mesh(tensor=4), "4 ranks do not divide the model's 6 attention heads"),
        ({}, Mesh(tensor=3), "3 ranks do not divide the model's 2 key-value heads"),
        ({"intermediate_size": 15}, Mesh(tensor=2), "do not divide the model's 15 features of"),
        ({}, Mesh(pipeline=2), "2 ranks are more than the model's 1 layers"),
        ({}, Mesh(context=4), "4 ranks do not divide the 6 query heads and 2 key heads"),
        ({}, Mesh(tensor=2, context=2), "2 ranks do not divide the 3 query heads and 1 key heads"),
    ],
)
def test_a_mesh_that_does_not_divide_the_model_is_refused(shape, mesh, said):
    with pytest.raises(ConfigError) as refused:
        check_model_fits(mesh, llama(**shape), "stages.cap")
    assert said in str(refused.value)


def test_a_model_without_a_plan_cannot_be_cut():
    model = MambaForCausalLM(MambaConfig(vocab_size=8, hidden_size=8, num_hidden_layers=1))
    with pytest.raises(ConfigError, match="'mamba' has no plan to be cut by"):
        check_model_fits(Mesh(tensor=2), model, "stages.cap")
