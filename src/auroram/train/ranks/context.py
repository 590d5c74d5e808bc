"""Context parallelism: ranks share out the positions of each row, and the heads of its attention.

All layers but attention look at one position at a time, so each rank computes those of its own
piece of the row. Around attention positions are exchanged for heads: each rank gets all positions
of some heads, computes their attention by whichever backend the recipe names, with the documents
of the whole row, and hands the results back. So masks, windows and caps are those of one process,
and ranks have equal work although attention is causal.

Source: Jacobs et al. 2023 (DeepSpeed-Ulysses), arXiv:2309.14509. Where there are fewer key heads
than ranks, key heads are copied to as many.

Shape letters: B rows, H query heads, K key heads, t positions of this rank, T of all, D size of a
head.
"""

from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from auroram.model.choices import Backend

NAME = "auroram-context"
HEADS, POSITIONS = 1, 2
"""Axes of queries, keys and values."""


def share_positions(model: PreTrainedModel, backend: Backend, group: dist.ProcessGroup) -> None:
    """Let the model attend over the positions of all ranks of the group.

    Each must be handed its own piece of tokens and positions, in the order of the ranks, and the
    document ids of whole rows.
    """
    inner = ALL_ATTENTION_FUNCTIONS[f"auroram-{backend}"]
    AttentionInterface.register(NAME, partial(_forward, inner, group))
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)


def _forward(  # noqa: PLR0913, PLR0917 -- transformers hands them on by place
    inner: Any,  # noqa: ANN401 -- one of transformers' attention functions
    group: dist.ProcessGroup,
    module: nn.Module,
    query_BHtD: Tensor,
    key_BKtD: Tensor,
    value_BKtD: Tensor,
    attention_mask: Tensor | None,
    **options: Any,  # noqa: ANN401 -- what a model passes on is its own affair
) -> tuple[Tensor, None]:
    query, key, value = (
        _exchanged(_at_least(heads, group), HEADS, POSITIONS, group)
        for heads in (query_BHtD, key_BKtD, value_BKtD)
    )
    mixed_BTHD, _ = inner(module, query, key, value, attention_mask, **options)
    return _exchanged(mixed_BTHD, 1, 2, group), None


def _at_least(heads_BKtD: Tensor, group: dist.ProcessGroup) -> Tensor:
    """As many heads as ranks, where there were fewer."""
    copies = max(1, group.size() // heads_BKtD.shape[HEADS])
    return heads_BKtD.repeat_interleave(copies, HEADS) if copies > 1 else heads_BKtD


def _exchanged(tensor: Tensor, cut: int, joined: int, group: dist.ProcessGroup) -> Tensor:
    """Cut along one axis among the ranks, and put together along another what they had."""
    exchanged: Tensor = _Exchange.apply(tensor, cut, joined, group)  # type: ignore[no-untyped-call]
    return exchanged


class _Exchange(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 -- torch names no type for it
        tensor: Tensor,
        cut: int,
        joined: int,
        group: dist.ProcessGroup,
    ) -> Tensor:
        ctx.way_back = (joined, cut, group)
        return _swapped(tensor, cut, joined, group)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        return _swapped(gradient, *ctx.way_back), None, None, None


def _swapped(tensor: Tensor, cut: int, joined: int, group: dist.ProcessGroup) -> Tensor:
    given = torch.stack(tensor.chunk(group.size(), cut))
    taken = torch.empty_like(given)
    dist.all_to_all_single(taken, given, group=group)
    return torch.cat(taken.unbind(), joined)
