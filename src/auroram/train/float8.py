"""Linear layers whose products are computed in 8 bits, on a GPU that can.

Weights, sums and all else stay as they are. Before a product each of its factors is divided by a
scale, so that its largest entry becomes the largest that 8 bits can hold: E4M3 for states and
weights, E5M2, which reaches further and is coarser, for gradients.

Source: Micikevicius et al. 2022, arXiv:2209.05433.

Shape letters: P positions of all rows, D what goes into a layer, E what comes out.
"""

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from auroram.train.linear import is_linear

STEP = 16
"""Sizes of a product must be multiples of it: what the kernels of a GPU can do."""

LEAST = (8, 9)
"""NVIDIA's compute capability that has such products: Ada and Hopper."""


def fault_of_device(device: str) -> str | None:
    """Why products in 8 bits cannot be had on a device; None where they can."""
    if device != "cuda" or torch.version.hip:
        return f"needs a GPU of NVIDIA (models lie on {_named(device)})"
    if (found := torch.cuda.get_device_capability()) < LEAST:
        return f"needs compute capability {_dotted(LEAST)} (the GPU has {_dotted(found)})"
    return None


def multiply_in_8_bits(layers: nn.ModuleList) -> int:
    """Let the linear layers in it multiply so, where their sizes allow; how many do."""
    linear: list[Any] = [module for module in layers.modules() if is_linear(module)]
    fitting = [one for one in linear if not any(size % STEP for size in one.weight.shape)]
    for layer in fitting:
        layer.forward = MethodType(_forward, layer)
    return len(fitting)


def _forward(layer: nn.Linear, states: Tensor) -> Tensor:
    out_PE: Tensor = _Product.apply(states.flatten(0, -2), layer.weight)  # type: ignore[no-untyped-call]
    out = out_PE.view(*states.shape[:-1], -1)
    return out if layer.bias is None else out + layer.bias.to(out.dtype)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states_PD: Tensor, weight_ED: Tensor) -> Tensor:  # noqa: ANN401
        states, weight = (
            _eighth(states_PD, torch.float8_e4m3fn),
            _eighth(weight_ED, torch.float8_e4m3fn),
        )
        ctx.save_for_backward(*states, *weight)
        ctx.kinds = states_PD.dtype, weight_ED.dtype
        return _product(states, (weight[0].T, weight[1]), torch.bfloat16)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_PE: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        states_PD, states_scale, weight_ED, weight_scale = ctx.saved_tensors
        gradient, scale = _eighth(gradient_PE, torch.float8_e5m2)
        to_states = (gradient, scale), (_by_column(weight_ED), weight_scale)
        to_weight = (gradient.T.contiguous(), scale), (_by_column(states_PD), states_scale)
        return _product(*to_states, ctx.kinds[0]), _product(*to_weight, ctx.kinds[1])


def _eighth(tensor: Tensor, kind: torch.dtype) -> tuple[Tensor, Tensor]:
    """The tensor in 8 bits, and what to multiply it with to have it back."""
    scale = tensor.abs().amax().float().clamp(min=1e-12) / torch.finfo(kind).max
    return (tensor.float() / scale).to(kind), scale


def _by_column(matrix: Tensor) -> Tensor:
    """The same matrix with its columns in one piece each, as the second factor must be."""
    return matrix.T.contiguous().T


def _product(
    left: tuple[Tensor, Tensor], right: tuple[Tensor, Tensor], kind: torch.dtype
) -> Tensor:
    made: Tensor = torch._scaled_mm(  # noqa: SLF001 -- torch's only name for it
        left[0], right[0], scale_a=left[1], scale_b=right[1], out_dtype=kind
    )
    return made


def _named(device: str) -> str:
    return "an AMD GPU" if device == "cuda" else f"the {device}"


def _dotted(capability: tuple[int, int]) -> str:
    return ".".join(map(str, capability))
