"""Causal attention inside documents through the kernels of a GPU.

- `flex` compiles the mask into the kernel and skips blocks that nobody looks at; it caps scores.
- `varlen` hands the documents to the flash kernel as sequences of their own, so that nothing is
  masked at all; it computes in bfloat16, and cannot cap scores.

What follows from the documents alone is made once for all layers of a pass, which are handed the
same mask.

Sources: Dong et al. 2024, arXiv:2412.05496; Dao 2023, arXiv:2307.08691.

Shape letters: B rows, H query heads, K key heads, T positions, D size of a head,
N positions of all rows.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention
from torch.nn.attention.varlen import varlen_attn

Flex = Callable[..., Any]


def attention_by_flex(  # noqa: PLR0913 -- the last two have defaults
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    mask_B11T: Tensor,
    *,
    scale: float,
    window: int | None = None,
    cap: float | None = None,
) -> Tensor:
    """Attention of each position over its document so far: (B, T, H, D). See `blocked_attention`.

    On a processor there is no backward pass.
    """
    mixed_BHTD: Tensor = _flex(query_BHTD.device.type)(
        query_BHTD,
        key_BKTD,
        value_BKTD,
        score_mod=None if cap is None else _capped(cap),
        block_mask=_block_mask(mask_B11T, window),
        scale=scale,
        enable_gqa=query_BHTD.shape[1] != key_BKTD.shape[1],
    )
    return mixed_BHTD.transpose(1, 2)


def attention_by_varlen(  # noqa: PLR0913 -- the last has a default
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    mask_B11T: Tensor,
    *,
    scale: float,
    window: int | None = None,
) -> Tensor:
    """The same, without a cap."""
    rows, heads, positions, _ = query_BHTD.shape
    bounds = document_bounds(mask_B11T)
    heads_BHTD = (query_BHTD, key_BKTD, value_BKTD)
    query_NHD, key_NKD, value_NKD = (one.transpose(1, 2).flatten(0, 1) for one in heads_BHTD)
    mixed_NHD = varlen_attn(
        query_NHD,
        key_NKD,
        value_NKD,
        bounds,
        bounds,
        positions,
        positions,
        scale=scale,
        window_size=(-1 if window is None else window - 1, 0),
        enable_gqa=heads != key_BKTD.shape[1],
    )
    assert isinstance(mixed_NHD, Tensor)
    return mixed_NHD.view(rows, positions, heads, -1)


@lru_cache(maxsize=1)
def document_bounds(mask_B11T: Tensor) -> Tensor:
    """Where documents begin among the positions of all rows, and the end of the last: int32.

    >>> document_bounds(torch.tensor([[0, 0, 1], [0, -1, -1]])[:, None, None]).tolist()
    [0, 2, 3, 4, 6]
    """
    document_ids_BT = mask_B11T[:, 0, 0]
    begins_BT = torch.ones_like(document_ids_BT, dtype=torch.bool)
    begins_BT[:, 1:] = document_ids_BT[:, 1:] != document_ids_BT[:, :-1]
    starts = begins_BT.flatten().nonzero()[:, 0]
    return torch.cat([starts, starts.new_tensor([document_ids_BT.numel()])]).to(torch.int32)


@lru_cache(maxsize=2)
def _block_mask(mask_B11T: Tensor, window: int | None) -> BlockMask:
    """Of the layers with a window, and of those without."""
    document_ids_BT = mask_B11T[:, 0, 0]

    def allowed(row: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        same = document_ids_BT[row, query] == document_ids_BT[row, key]
        seen = same & (query >= key)
        return seen if window is None else seen & (query - key < window)

    rows, positions = document_ids_BT.shape
    device = document_ids_BT.device.type
    return create_block_mask(allowed, rows, None, positions, positions, device=device)


def _capped(cap: float) -> Callable[..., Tensor]:
    def capped(score: Tensor, *_places: Tensor) -> Tensor:
        return torch.tanh(score / cap) * cap

    return capped


@cache
def _flex(device: str) -> Flex:
    """Compiled where it can learn; as it is written on a processor."""
    plain: Flex = flex_attention
    return torch.compile(plain, dynamic=False) if device == "cuda" else plain
