"""Linear layers with a thin product beside them, computed without the detours of PEFT's own pass.

PEFT casts the states to float32 and back, scales and adds the product in passes of their own, and
casts the frozen weights at every step. Here both products run into the same output, and frozen
weights are cast once.

Shape letters: P positions of all rows, D what goes into a layer, E what comes out, R rank.
"""

from types import MethodType
from typing import Any

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from transformers import PreTrainedModel

from auroram.model.choices import Precision


def hasten(model: PreTrainedModel, precision: Precision) -> None:
    """Let the layers that thin matrices were attached to compute faster; results stay the same.

    The frozen weights are copied in bfloat16 where that is the precision, and must not change
    until the thin matrices are folded in.
    """
    layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    for layer in layers:
        base = layer.get_base_layer()
        bias = None if base.bias is None else cast_once(base.bias, precision)
        # As buffers and one method of all, so that a compiler sees layers that are alike.
        layer.register_buffer("held_weight", cast_once(base.weight, precision), persistent=False)
        layer.register_buffer("held_bias", bias, persistent=False)
        layer.forward = MethodType(_forward, layer)


def cast_once(weight: Tensor, precision: Precision) -> Tensor:
    """A frozen weight in the type of the matrix products; the very one where that is its own."""
    return weight.detach().to(torch.bfloat16 if precision == "bfloat16" else torch.float32)


def beside(  # noqa: PLR0913, PLR0917 -- a formula
    states: Tensor,
    whole_ED: Tensor,
    bias_E: Tensor | None,
    down_RD: Tensor,
    up_ER: Tensor,
    scale: float,
) -> Tensor:
    """What the frozen layer makes of the states, and scale times what the thin matrices do."""
    kind = whole_ED.dtype
    out_PE: Tensor = _Beside.apply(  # type: ignore[no-untyped-call]
        states.to(kind).flatten(0, -2), whole_ED, bias_E, down_RD.to(kind), up_ER.to(kind), scale
    )
    return out_PE.view(*states.shape[:-1], -1)


def _forward(layer: Any, states: Tensor) -> Tensor:  # noqa: ANN401
    (name,) = layer.active_adapters
    down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
    return beside(states, layer.held_weight, layer.held_bias, down, up, layer.scaling[name])


class _Beside(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0913, PLR0917 -- torch hands them on by place
        ctx: Any,  # noqa: ANN401
        states_PD: Tensor,
        whole_ED: Tensor,
        bias_E: Tensor | None,
        down_RD: Tensor,
        up_ER: Tensor,
        scale: float,
    ) -> Tensor:
        thin_PR = states_PD @ down_RD.T
        out_PE = nn.functional.linear(states_PD, whole_ED, bias_E)
        out_PE.addmm_(thin_PR, up_ER.T, alpha=scale)
        ctx.save_for_backward(states_PD, whole_ED, down_RD, up_ER, thin_PR)
        ctx.scale = scale
        return out_PE

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_PE: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        states_PD, whole_ED, down_RD, up_ER, thin_PR = ctx.saved_tensors
        thin_grad_PR = (grad_PE @ up_ER).mul_(ctx.scale)
        states_grad_PD = None
        if ctx.needs_input_grad[0]:
            states_grad_PD = (grad_PE @ whole_ED).addmm_(thin_grad_PR, down_RD)
        down_grad_RD = thin_grad_PR.T @ states_PD
        up_grad_ER = (grad_PE.T @ thin_PR).mul_(ctx.scale)
        return states_grad_PD, None, None, down_grad_RD, up_grad_ER, None
