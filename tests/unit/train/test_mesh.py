"""A mesh that does not fit is refused in a sentence."""

import pytest
from transformers import LlamaConfig, LlamaForCausalLM, MambaConfig, MambaForCausalLM

from auroram.errors import ConfigError
from auroram.train.mesh import Mesh, check_rows, check_tensor


def llama(**shape):
    sizes = {"vocab_size": 8, "hidden_size": 24, "intermediate_size": 16, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 6, "num_key_value_heads": 2}
    return LlamaForCausalLM(LlamaConfig(**(sizes | heads | shape)))


@pytest.mark.parametrize(("world", "tensor", "data"), [(1, 1, 1), (4, 1, 4), (6, 2, 3)])
def test_the_data_ranks_are_what_the_other_degrees_leave(world, tensor, data):
    assert Mesh(tensor=tensor).data_of(world) == data


@pytest.mark.parametrize(
    ("mesh", "world", "said"),
    [
        (Mesh(data=4), 1, "4 ranks are needed (data 4 x tensor 1), but 1 run"),
        (Mesh(tensor=2), 3, "2 ranks are needed (data 1 x tensor 2), but 3 run"),
        (Mesh(), 3, "8 rows a step do not divide among 3 data ranks"),
    ],
)
def test_a_number_of_ranks_that_does_not_fit_is_refused(mesh, world, said):
    with pytest.raises(ConfigError) as refused:
        check_rows(mesh, world=world, rows_a_step=8, place="stages.cap")
    assert said in str(refused.value)


@pytest.mark.parametrize("axis", ["pipeline", "context"])
def test_what_is_not_supported_is_refused(axis):
    with pytest.raises(ValueError, match=f"{axis} parallelism is not supported yet"):
        Mesh(**{axis: 2})


@pytest.mark.parametrize(
    ("shape", "tensor", "said"),
    [
        ({}, 4, "4 ranks do not divide the model's 6 attention heads"),
        ({}, 3, "3 ranks do not divide the model's 2 key-value heads"),
        ({"intermediate_size": 15}, 2, "do not divide the model's 15 features of"),
    ],
)
def test_a_tensor_degree_that_does_not_divide_the_model_is_refused(shape, tensor, said):
    with pytest.raises(ConfigError) as refused:
        check_tensor(Mesh(tensor=tensor), llama(**shape), "stages.cap")
    assert said in str(refused.value)


def test_a_model_without_a_plan_cannot_be_cut():
    model = MambaForCausalLM(MambaConfig(vocab_size=8, hidden_size=8, num_hidden_layers=1))
    with pytest.raises(ConfigError, match="'mamba' has no plan to be cut by"):
        check_tensor(Mesh(tensor=2), model, "stages.cap")
