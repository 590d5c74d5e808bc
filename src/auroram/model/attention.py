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
  plain matrix products; the fastest on a processor in bfloat16. It also caps scores (Gemma 2).
- `sdpa`: the fused kernel of PyTorch with a boolean mask. It cannot cap scores.

Both honour sliding windows. A window of w lets a query look at w keys, itself with them.

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
    """Let the model attend through one of our backends.

    Raises:
        DataError: where the backend cannot do what the model's attention does.
    """
    cap = score_cap(model)
    if cap is not None and backend == "sdpa":
        raise DataError(
            f"model: its attention caps its scores (at {cap}), which the backend 'sdpa' cannot do; "
            "write attention = 'blocked'"
        )
    model.set_attn_implementation(f"auroram-{backend}")


def score_cap(model: PreTrainedModel) -> float | None:
    """Where the model caps its attention scores; None where it does not."""
    cap: float | None = getattr(model.config.get_text_config(), "attn_logit_softcapping", None)
    return cap


def has_window(model: PreTrainedModel) -> bool:
    """Whether some of the model's layers look back only so far."""
    config = model.config.get_text_config()
    layers = getattr(config, "layer_types", None)
    if layers:
        return "sliding_attention" in layers
    return bool(getattr(config, "sliding_window", None))


def same_document(document_ids_BT: Tensor, window: int | None = None) -> Tensor:
    """True where a query (third axis) may look at a key (fourth): bool, (B, 1, T, T).

    Padding looks at padding, so that no row of the softmax is empty.
    """
    device = document_ids_BT.device
    seen_TT = torch.ones(2 * document_ids_BT.shape[-1:], dtype=torch.bool, device=device).tril()
    if window is not None:
        seen_TT = seen_TT.triu(1 - window)
    same_BTT = document_ids_BT[:, :, None] == document_ids_BT[:, None, :]
    return (same_BTT & seen_TT)[:, None]


def blocked_attention(  # noqa: PLR0913 -- the last two have defaults
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    document_ids_BT: Tensor,
    *,
    scale: float,
    window: int | None = None,
    cap: float | None = None,
) -> Tensor:
    """Attention of each position over its document so far: (B, H, T, D).

    Heads that share a key head are stacked into one product, so keys are never repeated.

    Args:
        query_BHTD: as many query heads as a multiple of the key heads.
        key_BKTD: one key head (multi-query), several, or as many as query heads.
        value_BKTD: beside the keys.
        document_ids_BT: which positions belong together.
        scale: of the scores.
        window: how many keys back a query looks, itself with them; None for all.
        cap: scores s become cap * tanh(s / cap); None leaves them. Source: Gemma 2,
            arXiv:2408.00118, section 2.
    """
    rows, heads, positions, size = query_BHTD.shape
    grouped = (rows, key_BKTD.shape[1], heads // key_BKTD.shape[1])
    query_BKGTD = (query_BHTD * scale).reshape(*grouped, positions, size)
    first_T = _first_of_document(document_ids_BT)
    blocks = []
    for start in range(0, positions, QUERIES):
        low = first_T[start] if window is None else max(first_T[start], start - window + 1)
        span = (low, start, min(start + QUERIES, positions))
        key_BKDS = key_BKTD[:, :, span[0] : span[2]].transpose(-1, -2)
        value_BKSD = value_BKTD[:, :, span[0] : span[2]]
        scores = query_BKGTD[:, :, :, start : span[2]].flatten(2, 3) @ key_BKDS
        if cap is not None:
            scores = torch.tanh(scores / cap) * cap
        scores_BKGQS = scores.view(*grouped, span[2] - start, -1)
        bias_BQS = _bias(document_ids_BT, span, window, scores.dtype)
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
    places_T = torch.arange(document_ids_BT.shape[1], device=document_ids_BT.device)
    starts_BT = torch.where(begins_BT, places_T, 0).cummax(1).values
    first: list[int] = starts_BT.min(0).values.tolist()
    return first


def _bias(
    document_ids_BT: Tensor, span: tuple[int, int, int], window: int | None, dtype: torch.dtype
) -> Tensor:
    low, start, stop = span
    same_BQS = document_ids_BT[:, start:stop, None] == document_ids_BT[:, None, low:stop]
    allowed_BQS = same_BQS.tril_(start - low)
    if window is not None:
        allowed_BQS = allowed_BQS.triu_(start - low - window + 1)
    zeros_BQS = torch.zeros(allowed_BQS.shape, dtype=dtype, device=allowed_BQS.device)
    return zeros_BQS.masked_fill_(~allowed_BQS, -torch.inf)


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
    _refuse_unknown(options)
    scale = options.get("scaling") or query_BHTD.shape[-1] ** -0.5
    # Rotary embeddings leave queries and keys in float32 under autocast; the products are not.
    query_BHTD, key_BKTD = query_BHTD.to(value_BKTD.dtype), key_BKTD.to(value_BKTD.dtype)
    mixed_BHTD = blocked_attention(
        query_BHTD,
        key_BKTD,
        value_BKTD,
        attention_mask[:, 0, 0],
        scale=scale,
        window=_window(options),
        cap=options.get("softcap"),
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
        _refuse_unknown(options)
        attention_mask = same_document(attention_mask[:, 0, 0], _window(options))
    return _plain_forward(module, query_BHTD, key_BKTD, value_BKTD, attention_mask, **options)


def _plain_forward(
    module: nn.Module,
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    attention_mask: Tensor | None,
    **options: Any,  # noqa: ANN401 -- as above
) -> tuple[Tensor, None]:
    """What transformers' `sdpa` does; scores that are capped are computed as they are written."""
    cap = options.get("softcap")
    if cap is None:
        mixed: tuple[Tensor, None] = sdpa_attention_forward(
            module, query_BHTD, key_BKTD, value_BKTD, attention_mask, **options
        )
        return mixed
    groups = query_BHTD.shape[1] // key_BKTD.shape[1]
    key_BHSD, value_BHSD = (t.repeat_interleave(groups, 1) for t in (key_BKTD, value_BKTD))
    scores_BHTS = query_BHTD @ key_BHSD.transpose(-1, -2) * options["scaling"]
    scores_BHTS = torch.tanh(scores_BHTS / cap) * cap
    if attention_mask is None:
        places = scores_BHTS.shape[-2:]
        causal_TS = torch.ones(places, dtype=torch.bool, device=query_BHTD.device)
        attention_mask = causal_TS.tril(places[1] - places[0])
    weights_BHTS = scores_BHTS.float().masked_fill(~attention_mask, _LOWEST).softmax(-1)
    return (weights_BHTS.to(value_BHSD.dtype) @ value_BHSD).transpose(1, 2).contiguous(), None


def _holds_documents(mask: Tensor | None) -> TypeGuard[Tensor]:
    return mask is not None and mask.dtype == torch.int64


def _window(options: Mapping[str, Any]) -> int | None:
    window: int | None = options.get("sliding_window")
    return window or None


def _refuse_unknown(options: Mapping[str, Any]) -> None:
    """Refuse what some decoders hand to their attention and ours would leave out."""
    unknown = [name for name in _UNSUPPORTED if options.get(name) is not None]
    if unknown:
        raise DataError(
            f"model: its attention has parts that packed rows do not support "
            f"({', '.join(unknown)}); choose another model"
        )


_LOWEST = torch.finfo(torch.float32).min
"""In the place of minus infinity, so that a row that may look at nothing is no nan."""

_UNSUPPORTED = ("s_aux", "position_bias")


AttentionInterface.register("auroram-blocked", _blocked_forward)
AttentionInterface.register("auroram-sdpa", _sdpa_forward)
AttentionMaskInterface.register("auroram-blocked", sdpa_mask)
AttentionMaskInterface.register("auroram-sdpa", sdpa_mask)
