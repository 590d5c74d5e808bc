"""Causal attention that stays inside documents, in two forms that give the same result.

One contract for rows that hold several documents: `position_ids_BT` start again at each of them
and `document_ids_BT` say which positions belong together (-1 is padding). The ids travel through
the model in the place of its attention mask, in the shape (B, 1, 1, T) that every decoder hands
on untouched, so no model code is changed:

    model(input_ids=tokens_BT, position_ids=position_ids_BT,
          attention_mask=document_mask(document_ids_BT))

Without such ids (generation, plain scoring) both backends do what transformers' own `sdpa` does,
with its causal and padding masks.

- `blocked`: blocks of 128 queries against the keys from the block's earliest document on, as
  plain matrix products; the fastest on a processor in bfloat16.
- `sdpa`: the fused kernel of PyTorch with a boolean mask.

Shape letters: B rows, H query heads, K key heads, G query heads that share a key head, T positions,
D size of a head, Q queries and S keys of one block.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeGuard

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from auroram.errors import DataError

Backend = Literal["blocked", "sdpa"]

QUERIES = 128
"""Queries in a block: 256 and 64 were slower at 512 to 2,048 positions."""

PADDING = -1
"""Document id of a position that holds no token."""


def document_mask(document_ids_BT: Tensor) -> Tensor:
    """Document ids in the form that a model hands on to its attention: int64, (B, 1, 1, T)."""
    return document_ids_BT.to(torch.int64)[:, None, None, :]


def set_attention(model: PreTrainedModel, backend: Backend) -> None:
    """Let the model attend through one of our backends."""
    model.set_attn_implementation(f"auroram-{backend}")


def same_document(document_ids_BT: Tensor) -> Tensor:
    """True where a query (third axis) may look at a key (fourth): bool, (B, 1, T, T).

    Padding looks at itself alone, so that no row of the softmax is empty.
    """
    causal_TT = torch.ones(2 * document_ids_BT.shape[-1:], dtype=torch.bool).tril()
    same_BTT = document_ids_BT[:, :, None] == document_ids_BT[:, None, :]
    return (same_BTT & causal_TT)[:, None]


def blocked_attention(
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    document_ids_BT: Tensor,
    *,
    scale: float,
) -> Tensor:
    """Attention of each position over its document so far: (B, H, T, D).

    Heads that share a key head are stacked into one product, so keys are never repeated.
    """
    rows, heads, positions, size = query_BHTD.shape
    grouped = (rows, key_BKTD.shape[1], heads // key_BKTD.shape[1])
    query_BKGTD = (query_BHTD * scale).view(*grouped, positions, size)
    first_T = _first_of_document(document_ids_BT)
    blocks = []
    for start in range(0, positions, QUERIES):
        span = (first_T[start], start, min(start + QUERIES, positions))
        key_BKDS = key_BKTD[:, :, span[0] : span[2]].transpose(-1, -2)
        value_BKSD = value_BKTD[:, :, span[0] : span[2]]
        scores = query_BKGTD[:, :, :, start : span[2]].flatten(2, 3) @ key_BKDS
        scores_BKGQS = scores.view(*grouped, span[2] - start, -1)
        bias_BQS = _bias(document_ids_BT, span, scores.dtype)
        weights_BKGQS = torch.softmax(scores_BKGQS + bias_BQS[:, None, None], -1)
        mixed = weights_BKGQS.to(value_BKSD.dtype).flatten(2, 3) @ value_BKSD
        blocks.append(mixed.view(*grouped, span[2] - start, size))
    return torch.cat(blocks, 3).flatten(1, 2)


def _first_of_document(document_ids_BT: Tensor) -> list[int]:
    """For each position, the first that any row's query from there on can look at.

    Documents lie in one piece, so the start of the document at a position bounds all later ones.
    """
    begins_BT = torch.ones_like(document_ids_BT, dtype=torch.bool)
    begins_BT[:, 1:] = document_ids_BT[:, 1:] != document_ids_BT[:, :-1]
    places_T = torch.arange(document_ids_BT.shape[1])
    starts_BT = torch.where(begins_BT, places_T, 0).cummax(1).values
    first: list[int] = starts_BT.min(0).values.tolist()
    return first


def _bias(document_ids_BT: Tensor, span: tuple[int, int, int], dtype: torch.dtype) -> Tensor:
    low, start, stop = span
    same_BQS = document_ids_BT[:, start:stop, None] == document_ids_BT[:, None, low:stop]
    allowed_BQS = same_BQS.tril_(start - low)
    return torch.zeros(allowed_BQS.shape, dtype=dtype).masked_fill_(~allowed_BQS, -torch.inf)


def _blocked_forward(
    module: nn.Module,
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    attention_mask: Tensor | None,
    **options: Any,  # noqa: ANN401 -- what a model passes on is its own affair
) -> tuple[Tensor, None]:
    if not _holds_documents(attention_mask):
        return _plain_forward(module, query_BHTD, key_BKTD, value_BKTD, attention_mask, **options)
    _refuse_unknown(options, query_BHTD.shape[2])
    scale = options.get("scaling") or query_BHTD.shape[-1] ** -0.5
    # Rotary embeddings leave queries and keys in float32 under autocast; the products are not.
    query_BHTD, key_BKTD = query_BHTD.to(value_BKTD.dtype), key_BKTD.to(value_BKTD.dtype)
    mixed_BHTD = blocked_attention(
        query_BHTD, key_BKTD, value_BKTD, attention_mask[:, 0, 0], scale=scale
    )
    return mixed_BHTD.transpose(1, 2), None


def _sdpa_forward(
    module: nn.Module,
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    attention_mask: Tensor | None,
    **options: Any,  # noqa: ANN401 -- as above
) -> tuple[Tensor, None]:
    if _holds_documents(attention_mask):
        _refuse_unknown(options, query_BHTD.shape[2])
        attention_mask = same_document(attention_mask[:, 0, 0])
    return _plain_forward(module, query_BHTD, key_BKTD, value_BKTD, attention_mask, **options)


def _plain_forward(*arguments: Any, **options: Any) -> tuple[Tensor, None]:  # noqa: ANN401
    mixed: tuple[Tensor, None] = sdpa_attention_forward(*arguments, **options)
    return mixed


def _holds_documents(mask: Tensor | None) -> TypeGuard[Tensor]:
    return mask is not None and mask.dtype == torch.int64


def _refuse_unknown(options: Mapping[str, Any], positions: int) -> None:
    window = options.get("sliding_window")
    if options.get("softcap") is not None or (window is not None and window < positions):
        raise DataError(
            f"model: its attention is capped or slides (softcap {options.get('softcap')}, "
            f"window {window}), which packed rows of {positions} positions do not support yet; "
            "choose a shorter sequence_tokens or another model"
        )


AttentionInterface.register("auroram-blocked", _blocked_forward)
AttentionInterface.register("auroram-sdpa", _sdpa_forward)
AttentionMaskInterface.register("auroram-blocked", sdpa_mask)
AttentionMaskInterface.register("auroram-sdpa", sdpa_mask)
