"""Causal attention inside documents, a block of queries after another, as plain matrix products.

A block is held against the keys from its earliest document on: what lies before is never computed.
It is one operator with a backward pass of its own. So a compiler takes it as a whole (which keys a
block needs depends on the documents), and gradients of keys and values add up in place.

Products are fastest over batches of matrices of which each lies in one piece, so heads are laid out
that way first.

Shape letters: B rows, H query heads, K key heads, G query heads that share a key head, P = B * K,
T positions, D size of a head, E that of a value, which is D mostly, Q queries and S keys of one
block, N = G * Q.
"""

from collections import deque
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

QUERIES = 128
"""Queries in a block: 256 and 64 were slower at 512 to 2,048 positions."""


def blocked_attention(  # noqa: PLR0913 -- the last three have defaults
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTE: Tensor,
    mask_B11T: Tensor,
    *,
    scale: float,
    window: int | None = None,
    cap: float | None = None,
    sink_H: Tensor | None = None,
) -> Tensor:
    """Attention of each position over its document so far: (B, T, H, E).

    Heads that share a key head are stacked into one product, so keys are never repeated.

    Args:
        query_BHTD: as many query heads as a multiple of the key heads; of the values' type.
        key_BKTD: one key head (multi-query), several, or as many as query heads.
        value_BKTE: beside the keys; as wide as they are, or not (DeepSeek V3).
        mask_B11T: document ids: which positions belong together.
        scale: of the scores.
        window: how many keys back a query looks, itself with them; None for all.
        cap: scores s become cap * tanh(s / cap); None leaves them. Source: Gemma 2,
            arXiv:2408.00118, section 2.
        sink_H: the score of a key that is not there and has no value, which every query may look
            at; None for no such key. Source: gpt-oss, arXiv:2508.10925, section 2.2.
    """
    heads = (query_BHTD, key_BKTD, value_BKTE)
    inputs = heads if sink_H is None else (*heads, sink_H)
    learns = torch.is_grad_enabled() and any(one.requires_grad for one in inputs)
    mixed_BTHE: Tensor = _attend(*heads, mask_B11T, scale, window, cap, sink_H, learns)[0]
    return mixed_BTHE


@dataclass(frozen=True, slots=True)
class _Block:
    """Some queries that follow one another, and the keys that they may look at."""

    low: int
    """The first key."""
    start: int
    """The first query."""
    stop: int
    """One past the last query and the last key."""
    bias_B1QS: Tensor
    """0 where a query may look at a key, minus infinity elsewhere."""

    def queries(self, heads_PGTD: Tensor) -> Tensor:
        """The block's part of what queries have, heads of a key head stacked: (P, N, D)."""
        return heads_PGTD[:, :, self.start : self.stop].flatten(1, 2)

    def write(self, heads_BHTD: Tensor, part_PND: Tensor) -> None:
        """Put what was stacked where it belongs."""
        part_BHQD = heads_BHTD[:, :, self.start : self.stop]
        part_BHQD.copy_(part_PND.view(part_BHQD.shape))

    def keys(self, heads_PTD: Tensor) -> Tensor:
        """The block's part of what keys have: (P, S, D).

        A copy in one piece, as a product would transpose what is cut out before it multiplies.
        """
        return heads_PTD[:, self.low : self.stop].contiguous()

    def add_product(self, heads_PTD: Tensor, left_PSN: Tensor, right_PND: Tensor) -> None:
        """Add to the block's part of what keys have."""
        heads_PTD[:, self.low : self.stop].baddbmm_(left_PSN, right_PND)

    def hide(self, scores_PNS: Tensor) -> None:
        """Lower to minus infinity the scores of keys that a query may not look at."""
        rows, _, queries, keys = self.bias_B1QS.shape
        scores_PNS.view(rows, -1, queries, keys).add_(self.bias_B1QS)

    def seen(self, scores_PNS: Tensor, sink_H: Tensor) -> Tensor:
        """Share of the keys that are there, beside the one that is not: (P, N) float32."""
        total_PN = scores_PNS.float().logsumexp(-1)
        queries = total_PN.view(-1, len(sink_H), self.stop - self.start)
        return (queries - sink_H.float()[:, None]).sigmoid().view_as(total_PN)

    def lost(self, shares_PNS: Tensor, slopes_PNS: Tensor, heads: int) -> Tensor:
        """What the key that is not there took of the result, by query head: (H,) float32."""
        taken_PN = (shares_PNS.float() * slopes_PNS).sum(-1)
        lost_PN = (1 - shares_PNS.float().sum(-1)) * taken_PN
        return lost_PN.view(-1, heads, self.stop - self.start).sum((0, 2))


# Compiled graphs that torch keeps on disk know an operator by its name: one that comes to give its
# results in another layout needs another name.
@torch.library.custom_op("auroram::documents_in_blocks", mutates_args=())
def _attend(  # noqa: PLR0913, PLR0917 -- an operator has no keywords
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTE: Tensor,
    mask_B11T: Tensor,
    scale: float,
    window: int | None,
    cap: float | None,
    sink_H: Tensor | None,
    learns: bool,  # noqa: FBT001 -- as above
) -> tuple[Tensor, Tensor]:
    """The attention, and how much each query took of each key where the gradient will ask."""
    mixed_BTHE, kept = _empty(query_BHTD, value_BKTE, window, learns=learns)
    query_PGTD = _by_key_head(query_BHTD * scale, key_BKTD.shape[1])
    key_PTD, value_PTE = _in_one_piece(key_BKTD), _in_one_piece(value_BKTE)
    used = 0
    for block in _blocks(mask_B11T, window, query_BHTD.dtype):
        query_PND, key_PSD = block.queries(query_PGTD), block.keys(key_PTD)
        shares_PNS = _taken(kept, used, query_PND, key_PSD) if learns else None
        shares_PNS = torch.bmm(query_PND, key_PSD.mT, out=shares_PNS)
        if cap is not None:
            shares_PNS.div_(cap).tanh_().mul_(cap)
        block.hide(shares_PNS)
        seen_PN = None if sink_H is None else block.seen(shares_PNS, sink_H)
        torch.softmax(shares_PNS, -1, out=shares_PNS)
        if seen_PN is not None:
            shares_PNS.mul_(seen_PN[..., None])
        block.write(mixed_BTHE.transpose(1, 2), shares_PNS @ block.keys(value_PTE))
        used += shares_PNS.numel()
    return mixed_BTHE, kept


@torch.library.custom_op("auroram::documents_in_blocks_backward", mutates_args=())
def _attend_backward(  # noqa: PLR0913, PLR0917 -- as above
    gradient_BTHE: Tensor,
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTE: Tensor,
    mask_B11T: Tensor,
    kept: Tensor,
    scale: float,
    window: int | None,
    cap: float | None,
    sink_H: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gradients of queries, keys, values and sinks; nothing of sinks where there are none."""
    to_sink_H = query_BHTD.new_zeros(0 if sink_H is None else len(sink_H), dtype=torch.float32)
    to_query_BHTD = torch.empty_like(query_BHTD)
    key_heads, used = key_BKTD.shape[1], 0
    query_PGTD = _by_key_head(query_BHTD * scale, key_heads)
    error_PGTE = _by_key_head(gradient_BTHE.transpose(1, 2), key_heads)
    key_PTD, value_PTE = _in_one_piece(key_BKTD), _in_one_piece(value_BKTE)
    to_key_PTD, to_value_PTE = torch.zeros_like(key_PTD), torch.zeros_like(value_PTE)
    for block in _blocks(mask_B11T, window, query_BHTD.dtype):
        query_PND, error_PNE = block.queries(query_PGTD), block.queries(error_PGTE)
        key_PSD = block.keys(key_PTD)
        shares_PNS = _taken(kept, used, query_PND, key_PSD)
        block.add_product(to_value_PTE, shares_PNS.mT, error_PNE)
        slopes_PNS = error_PNE @ block.keys(value_PTE).mT
        if sink_H is not None:
            to_sink_H.sub_(block.lost(shares_PNS, slopes_PNS, len(sink_H)))
        torch._softmax_backward_data(  # noqa: SLF001 -- torch's own, and its only name
            slopes_PNS, shares_PNS, -1, slopes_PNS.dtype, grad_input=slopes_PNS
        )
        if cap is not None:
            scores_PNS = (query_PND @ key_PSD.mT).div_(cap).tanh_()
            slopes_PNS.mul_(1 - scores_PNS.square_())
        block.write(to_query_BHTD, (slopes_PNS @ key_PSD).mul_(scale))
        block.add_product(to_key_PTD, slopes_PNS.mT, query_PND)
        used += shares_PNS.numel()
    to_key_BKTD, to_value_BKTE = (
        to_key_PTD.view(key_BKTD.shape),
        to_value_PTE.view(value_BKTE.shape),
    )
    return to_query_BHTD, to_key_BKTD, to_value_BKTE, to_sink_H


def _room_to_attend(query_BHTD: Tensor, *inputs: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
    """What `_attend` gives, without numbers, for whoever compiles or plans."""
    _, value_BKTE, _, _, window, _, _, learns = inputs
    return _empty(query_BHTD, value_BKTE, window, learns=learns)


def _room_for_gradients(*inputs: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # noqa: ANN401
    """What `_attend_backward` gives, without numbers."""
    _, query_BHTD, key_BKTD, value_BKTE, *_, sink_H = inputs
    to_key_BKTD, to_value_BKTE = (heads.new_empty(heads.shape) for heads in (key_BKTD, value_BKTE))
    to_sink_H = query_BHTD.new_empty(0 if sink_H is None else len(sink_H), dtype=torch.float32)
    return torch.empty_like(query_BHTD), to_key_BKTD, to_value_BKTE, to_sink_H


def _keep_for_gradient(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:  # noqa: ANN401
    *tensors, scale, window, cap, sink_H, _ = inputs
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(*tensors, output[1], sink_H)
    ctx.options = (scale, window, cap)


def _gradients(ctx: Any, gradient_BTHE: Tensor, _: None) -> tuple[Tensor | None, ...]:  # noqa: ANN401
    *tensors, sink_H = ctx.saved_tensors
    *gradients, to_sink_H = _attend_backward(gradient_BTHE, *tensors, *ctx.options, sink_H)
    to_sink = None if sink_H is None else to_sink_H.to(sink_H.dtype)
    return *gradients, None, None, None, None, to_sink, None


_attend.register_fake(_room_to_attend)
_attend_backward.register_fake(_room_for_gradients)
_attend.register_autograd(_gradients, setup_context=_keep_for_gradient)


def _empty(
    query_BHTD: Tensor, value_BKTE: Tensor, window: int | None, *, learns: bool
) -> tuple[Tensor, Tensor]:
    """Room for the result, and for all shares that there can be."""
    rows, heads, positions, _ = query_BHTD.shape
    most = 0
    if learns:
        for start in range(0, positions, QUERIES):
            stop = min(start + QUERIES, positions)
            low = 0 if window is None else max(0, start - window + 1)
            most += (stop - start) * (stop - low)
    kept = query_BHTD.new_empty(rows * heads * most)
    return query_BHTD.new_empty(rows, positions, heads, value_BKTE.shape[-1]), kept


def _in_one_piece(heads_BKTD: Tensor) -> Tensor:
    """Heads of all rows one after another, none of them scattered: (P, T, D)."""
    return heads_BKTD.contiguous().flatten(0, 1)


def _by_key_head(heads_BHTD: Tensor, key_heads: int) -> Tensor:
    """What queries have, in one piece, by the key head that they look at: (P, G, T, D)."""
    rows, heads, positions, size = heads_BHTD.shape
    shape = (rows * key_heads, heads // key_heads, positions, size)
    return heads_BHTD.contiguous().view(shape)


def _taken(kept: Tensor, used: int, query_PND: Tensor, key_PSD: Tensor) -> Tensor:
    """Where the shares of a block lie in what is kept, after those of earlier blocks."""
    shape = (*query_PND.shape[:2], key_PSD.shape[1])
    return kept[used : used + prod(shape)].view(shape)


_Made = tuple[Tensor, int | None, torch.dtype, list[_Block]]
_made: deque[_Made] = deque(maxlen=2)
"""The blocks of the layers with a window, and of those without: all are handed one mask."""


def _blocks(mask_B11T: Tensor, window: int | None, dtype: torch.dtype) -> list[_Block]:
    """The blocks of some rows, made once for all layers, there and back.

    A mask is known by where it lies: a compiled layer hands it on as another object, and the first
    one is gone by then.
    """
    for made_B11T, made_window, made_dtype, blocks in _made:
        if made_B11T.is_set_to(mask_B11T) and (made_window, made_dtype) == (window, dtype):
            return blocks
    blocks = _make_blocks(mask_B11T, window, dtype)
    _made.append((mask_B11T, window, dtype, blocks))
    return blocks


def _make_blocks(mask_B11T: Tensor, window: int | None, dtype: torch.dtype) -> list[_Block]:
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
        blocks.append(_Block(low, start, stop, bias_BQS[:, None]))
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
