"""Causal attention inside documents, a block of queries after another, as plain matrix products.

A block is held against the keys from its earliest document on: what lies before is never computed.
It is one operator with a backward pass of its own. So a compiler takes it as a whole (which keys a
block needs depends on the documents), and gradients of keys and values add up in place.

Shape letters: B rows, H query heads, K key heads, G query heads that share a key head, T positions,
D size of a head, Q queries and S keys of one block, N = G * Q.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import torch
from torch import Tensor

QUERIES = 128
"""Queries in a block: 256 and 64 were slower at 512 to 2,048 positions."""


def blocked_attention(  # noqa: PLR0913 -- the last two have defaults
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    mask_B11T: Tensor,
    *,
    scale: float,
    window: int | None = None,
    cap: float | None = None,
) -> Tensor:
    """Attention of each position over its document so far: (B, T, H, D).

    Heads that share a key head are stacked into one product, so keys are never repeated.

    Args:
        query_BHTD: as many query heads as a multiple of the key heads; of the values' type.
        key_BKTD: one key head (multi-query), several, or as many as query heads.
        value_BKTD: beside the keys.
        mask_B11T: document ids: which positions belong together.
        scale: of the scores.
        window: how many keys back a query looks, itself with them; None for all.
        cap: scores s become cap * tanh(s / cap); None leaves them. Source: Gemma 2,
            arXiv:2408.00118, section 2.
    """
    heads = (query_BHTD, key_BKTD, value_BKTD)
    learns = torch.is_grad_enabled() and any(one.requires_grad for one in heads)
    mixed_BTHD: Tensor = _attend(*heads, mask_B11T, scale, window, cap, learns)[0]
    return mixed_BTHD


@dataclass(frozen=True, slots=True)
class _Block:
    """Some queries that follow one another, and the keys that they may look at."""

    low: int
    """The first key."""
    start: int
    """The first query."""
    stop: int
    """One past the last query and the last key."""
    bias_B11QS: Tensor
    """0 where a query may look at a key, minus infinity elsewhere."""

    def queries(self, heads_BHTD: Tensor, key_heads: int) -> Tensor:
        """The block's part of what queries have, heads of a key head stacked: (B, K, N, D)."""
        part_BHQD = heads_BHTD[:, :, self.start : self.stop]
        return part_BHQD.reshape(len(part_BHQD), key_heads, -1, part_BHQD.shape[-1])

    def write(self, heads_BHTD: Tensor, part_BKND: Tensor) -> None:
        """Put what was stacked where it belongs."""
        part_BHQD = heads_BHTD[:, :, self.start : self.stop]
        part_BHQD.copy_(part_BKND.view(part_BHQD.shape))

    def by_query(self, scores_BKNS: Tensor) -> Tensor:
        """The scores with an axis for each of the heads that were stacked: (B, K, G, Q, S)."""
        return scores_BKNS.view(*scores_BKNS.shape[:2], -1, *self.bias_B11QS.shape[-2:])

    def keys(self, heads_BKTD: Tensor) -> Tensor:
        """The block's part of what keys have: (B, K, S, D)."""
        return heads_BKTD[:, :, self.low : self.stop]


@torch.library.custom_op("auroram::blocked_attention", mutates_args=())
def _attend(  # noqa: PLR0913, PLR0917 -- an operator has no keywords
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    mask_B11T: Tensor,
    scale: float,
    window: int | None,
    cap: float | None,
    learns: bool,  # noqa: FBT001 -- as above
) -> tuple[Tensor, Tensor]:
    """The attention, and how much each query took of each key where the gradient will ask."""
    mixed_BTHD, kept = _empty(query_BHTD, window, learns=learns)
    used = 0
    for block in _blocks(mask_B11T, window, query_BHTD.dtype):
        query_BKND = block.queries(query_BHTD, key_BKTD.shape[1]) * scale
        scores_BKNS = query_BKND @ block.keys(key_BKTD).mT
        if cap is not None:
            scores_BKNS.div_(cap).tanh_().mul_(cap)
        block.by_query(scores_BKNS).add_(block.bias_B11QS)
        shares_BKNS = scores_BKNS
        if learns:
            shares_BKNS = _taken(kept, used, query_BKND, block.keys(key_BKTD))
            used += shares_BKNS.numel()
        torch.softmax(scores_BKNS, -1, out=shares_BKNS)
        block.write(mixed_BTHD.transpose(1, 2), shares_BKNS @ block.keys(value_BKTD))
    return mixed_BTHD, kept


@torch.library.custom_op("auroram::blocked_attention_backward", mutates_args=())
def _attend_backward(  # noqa: PLR0913, PLR0917 -- as above
    gradient_BTHD: Tensor,
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    mask_B11T: Tensor,
    kept: Tensor,
    scale: float,
    window: int | None,
    cap: float | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of queries, keys and values."""
    to_query_BHTD = torch.empty_like(query_BHTD)
    to_key_BKTD, to_value_BKTD = torch.zeros_like(key_BKTD), torch.zeros_like(value_BKTD)
    key_heads, used = key_BKTD.shape[1], 0
    for block in _blocks(mask_B11T, window, query_BHTD.dtype):
        query_BKND = block.queries(query_BHTD, key_heads) * scale
        error_BKND = block.queries(gradient_BTHD.transpose(1, 2), key_heads)
        key_BKSD = block.keys(key_BKTD)
        shares_BKNS = _taken(kept, used, query_BKND, key_BKSD)
        used += shares_BKNS.numel()
        block.keys(to_value_BKTD).add_(shares_BKNS.mT @ error_BKND)
        slopes_BKNS = torch._softmax_backward_data(  # noqa: SLF001 -- torch's own, and its only name
            error_BKND @ block.keys(value_BKTD).mT, shares_BKNS, -1, shares_BKNS.dtype
        )
        if cap is not None:
            scores_BKNS = (query_BKND @ key_BKSD.mT).div_(cap).tanh_()
            slopes_BKNS.mul_(1 - scores_BKNS.square_())
        block.write(to_query_BHTD, (slopes_BKNS @ key_BKSD).mul_(scale))
        block.keys(to_key_BKTD).add_(slopes_BKNS.mT @ query_BKND)
    return to_query_BHTD, to_key_BKTD, to_value_BKTD


def _room_to_attend(query_BHTD: Tensor, *inputs: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
    """What `_attend` gives, without numbers, for whoever compiles or plans."""
    _, _, _, _, window, _, learns = inputs
    return _empty(query_BHTD, window, learns=learns)


def _room_for_gradients(*inputs: Any) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401
    """What `_attend_backward` gives, without numbers."""
    _, query_BHTD, key_BKTD, value_BKTD, *_ = inputs
    return torch.empty_like(query_BHTD), torch.empty_like(key_BKTD), torch.empty_like(value_BKTD)


def _keep_for_gradient(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:  # noqa: ANN401
    *tensors, scale, window, cap, _ = inputs
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(*tensors, output[1])
    ctx.options = (scale, window, cap)


def _gradients(ctx: Any, gradient_BTHD: Tensor, _: None) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    gradients = _attend_backward(gradient_BTHD, *ctx.saved_tensors, *ctx.options)
    return *gradients, None, None, None, None, None


_attend.register_fake(_room_to_attend)
_attend_backward.register_fake(_room_for_gradients)
_attend.register_autograd(_gradients, setup_context=_keep_for_gradient)


def _empty(query_BHTD: Tensor, window: int | None, *, learns: bool) -> tuple[Tensor, Tensor]:
    """Room for the result, and for all shares that there can be."""
    rows, heads, positions, size = query_BHTD.shape
    most = 0
    if learns:
        for start in range(0, positions, QUERIES):
            stop = min(start + QUERIES, positions)
            low = 0 if window is None else max(0, start - window + 1)
            most += (stop - start) * (stop - low)
    kept = query_BHTD.new_empty(rows * heads * most)
    return query_BHTD.new_empty(rows, positions, heads, size), kept


def _taken(kept: Tensor, used: int, query_BKND: Tensor, key_BKSD: Tensor) -> Tensor:
    """Where the shares of a block lie in what is kept, after those of earlier blocks."""
    shape = (*query_BKND.shape[:3], key_BKSD.shape[2])
    return kept[used : used + prod(shape)].view(shape)


@lru_cache(maxsize=2)
def _blocks(mask_B11T: Tensor, window: int | None, dtype: torch.dtype) -> list[_Block]:
    """The blocks of the layers with a window, or of those without: all are handed one mask."""
    ids_BT = mask_B11T[:, 0, 0]
    first_T = _first_of_document(ids_BT)
    blocks = []
    for start in range(0, ids_BT.shape[1], QUERIES):
        stop = min(start + QUERIES, ids_BT.shape[1])
        low = first_T[start] if window is None else max(first_T[start], start - window + 1)
        same_BQS = ids_BT[:, start:stop, None] == ids_BT[:, None, low:stop]
        allowed_BQS = same_BQS.tril_(start - low)
        if window is not None:
            allowed_BQS = allowed_BQS.triu_(start - low - window + 1)
        zeros_BQS = torch.zeros(allowed_BQS.shape, dtype=dtype, device=ids_BT.device)
        bias_BQS = zeros_BQS.masked_fill_(~allowed_BQS, -torch.inf)
        blocks.append(_Block(low, start, stop, bias_BQS[:, None, None]))
    return blocks


def _first_of_document(ids_BT: Tensor) -> list[int]:
    """For each position, the first that any row's query from there on can look at.

    Documents lie in one piece, so the start of the document at a position bounds all later ones.
    """
    begins_BT = torch.ones_like(ids_BT, dtype=torch.bool)
    begins_BT[:, 1:] = ids_BT[:, 1:] != ids_BT[:, :-1]
    places_T = torch.arange(ids_BT.shape[1], device=ids_BT.device)
    starts_BT = torch.where(begins_BT, places_T, 0).cummax(1).values
    first: list[int] = starts_BT.min(0).values.tolist()
    return first
