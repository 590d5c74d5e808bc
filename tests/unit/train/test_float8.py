"""Products in 8 bits: those of the rounded factors, and refused where no device has them."""

import pytest
import torch
from torch import nn

from auroram.train.float8 import fault_of_device, multiply_in_8_bits


def rounded(tensor, kind):
    scale = tensor.abs().amax() / torch.finfo(kind).max
    return (tensor / scale).to(kind).float() * scale


def test_products_and_gradients_are_those_of_the_rounded_factors():
    torch.manual_seed(0)
    layer = nn.Linear(32, 48)
    states = torch.randn(2, 16, 32, requires_grad=True)
    error = torch.randn(2, 16, 48)
    assert multiply_in_8_bits(nn.ModuleList([layer])) == 1
    made = layer(states)
    made.float().backward(error)
    kept, weight = (rounded(t.detach(), torch.float8_e4m3fn) for t in (states, layer.weight))
    back = rounded(error.to(torch.bfloat16).float(), torch.float8_e5m2)
    torch.testing.assert_close(made.float(), kept @ weight.T + layer.bias, atol=2e-2, rtol=1e-2)
    torch.testing.assert_close(states.grad, back @ weight, atol=1e-4, rtol=1e-3)
    found = torch.einsum("btd,bte->ed", kept, back)
    torch.testing.assert_close(layer.weight.grad, found, atol=1e-4, rtol=1e-3)


def test_layers_of_other_sizes_stay_as_they_are():
    layers = nn.ModuleList([nn.Linear(32, 48), nn.Linear(30, 48), nn.LayerNorm(32)])
    assert multiply_in_8_bits(layers) == 1


def test_a_processor_has_none():
    assert "needs a GPU of NVIDIA (models lie on the cpu)" in fault_of_device("cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_multiplies_as_a_processor_does():
    if fault_of_device("cuda"):
        pytest.skip(fault_of_device("cuda"))
    torch.manual_seed(0)
    layer, states = nn.Linear(64, 128, bias=False), torch.randn(32, 64)
    multiply_in_8_bits(nn.ModuleList([layer]))
    here = layer(states)
    torch.testing.assert_close(layer.cuda()(states.cuda()).cpu(), here, atol=2e-2, rtol=1e-2)
