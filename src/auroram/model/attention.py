"""Causal attention that stays inside documents, in four forms that give the same result.

One contract for rows that hold several documents: `position_ids_BT` start again at each of them
and `document_ids_BT` say which positions belong together (-1 is padding). The ids travel through
the model in the place of its attention mask, in the shape (B, 1, 1, T) that every decoder hands
on untouched, so no model code is changed:

    model(input_ids=tokens_BT, position_ids=position_ids_BT,
          attention_mask=document_mask(document_ids_BT))

Without such ids (generation, plain scoring) all backends do what transformers' own `sdpa` does,
with its causal and padding masks.

- `blocked`: blocks of 128 queries against the keys from the block's earliest document on, as
  plain matrix products; the fastest on a processor in bfloat16. It also caps scores (Gemma 2) and
  has sinks (gpt-oss).
- `sdpa`: the fused kernel of PyTorch with a boolean mask. It cannot cap scores.
- `flex`: a kernel compiled for the documents, on a GPU; on a processor it cannot learn. It caps
  scores.
- `varlen`: the flash kernel on documents as sequences of their own, on a GPU and in bfloat16
  alone. It cannot cap scores, and values must be as wide as keys (DeepSeek V3's are not).

All honour sliding windows. A window of w lets a query look at w keys, itself with them.

Shape letters: B rows, H query heads, K key heads, T positions, S keys, D size of a head.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from auroram.errors import DataError
from auroram.model.blocked_attention import blocked_attention
from auroram.model.choices import Backend, BackendChoice, Precision
from auroram.model.gpu_attention import attention_by_flex, attention_by_varlen

PADDING = -1
"""Document id of a position that holds no token."""


def document_mask(document_ids_BT: Tensor) -> Tensor:
    """Document ids in the form that a model hands on to its attention: int64, (B, 1, 1, T)."""
    return document_ids_BT.to(torch.int64)[:, None, None, :]


def backend_of(choice: BackendChoice, model: PreTrainedModel, precision: Precision) -> Backend:
    """What `fastest` means for a model where it lies; any other choice is itself."""
    if choice != "fastest":
        return choice
    if model.device.type != "cuda" or has_sinks(model):
        return "blocked"
    plain = score_cap(model) is None and not has_narrow_values(model)
    return "varlen" if precision == "bfloat16" and plain else "flex"


def set_attention(model: PreTrainedModel, backend: Backend) -> None:
    """Let the model attend through one of our backends.

    Raises:
        DataError: where the backend cannot do what the model's attention does.
    """
    if fault := unfit(model, backend, model.device.type):
        raise DataError(f"model: attention = {fault}")
    model.set_attn_implementation(f"auroram-{backend}")


def unfit(model: PreTrainedModel, backend: Backend, device: str) -> str | None:
    """Why a backend cannot attend as the model does on a device; None where it can."""
    cap = score_cap(model)
    if cap is not None and backend in {"sdpa", "varlen"}:
        return (
            f"'{backend}' cannot cap attention scores as the model does (at {cap}); write 'blocked'"
        )
    if has_sinks(model) and backend != "blocked":
        return f"'{backend}' has no sinks as the model's attention does; write 'blocked'"
    if backend == "varlen" and has_narrow_values(model):
        return "'varlen' needs values as wide as keys, which the model's are not; write 'flex'"
    if backend == "varlen" and device != "cuda":
        return f"'varlen' needs a GPU (the model lies on {device}); write 'blocked'"
    return None


def score_cap(model: PreTrainedModel) -> float | None:
    """Where the model caps its attention scores; None where it does not."""
    cap: float | None = getattr(model.config.get_text_config(), "attn_logit_softcapping", None)
    return cap


def has_sinks(model: PreTrainedModel) -> bool:
    """Whether some of the model's attention has a learnt score that goes to no key."""
    return any(name.endswith(".sinks") for name, _ in model.named_parameters())


def has_narrow_values(model: PreTrainedModel) -> bool:
    """Whether the values of the model's attention have another width than its keys."""
    config = model.config.get_text_config()
    value = getattr(config, "v_head_dim", None)
    key = getattr(config, "qk_head_dim", None) or getattr(config, "head_dim", None)
    return value is not None and value != key


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


def _documents_forward(  # noqa: PLR0913, PLR0917 -- transformers hands them on by place
    attend: Callable[..., Tensor],
    module: nn.Module,
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    attention_mask: Tensor | None,
    **options: Any,  # noqa: ANN401 -- what a model passes on is its own affair
) -> tuple[Tensor, None]:
    """Packed rows through a kernel that knows documents, anything else as transformers does."""
    if not _holds_documents(attention_mask):
        return _plain_forward(module, query_BHTD, key_BKTD, value_BKTD, attention_mask, **options)
    _refuse_unknown(options)
    chosen = {"scale": options.get("scaling") or query_BHTD.shape[-1] ** -0.5}
    chosen |= {"window": _window(options)}
    if (cap := options.get("softcap")) is not None:
        chosen["cap"] = cap
    if (sink_H := options.get("s_aux")) is not None:
        chosen["sink_H"] = sink_H
    # Rotary embeddings leave queries and keys in float32 under autocast; the products are not.
    query_BHTD, key_BKTD = query_BHTD.to(value_BKTD.dtype), key_BKTD.to(value_BKTD.dtype)
    return attend(query_BHTD, key_BKTD, value_BKTD, attention_mask, **chosen), None


def _sdpa_forward(
    module: nn.Module,
    query_BHTD: Tensor,
    key_BKTD: Tensor,
    value_BKTD: Tensor,
    attention_mask: Tensor | None,
    **options: Any,  # noqa: ANN401 -- as above
) -> tuple[Tensor, None]:
    if _holds_documents(attention_mask):
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
    """What transformers' `sdpa` does; capped scores and sinks are computed as they are written."""
    _refuse_unknown(options)
    cap, sink_H = options.get("softcap"), options.get("s_aux")
    if cap is None and sink_H is None:
        mixed: tuple[Tensor, None] = sdpa_attention_forward(
            module, query_BHTD, key_BKTD, value_BKTD, attention_mask, **options
        )
        return mixed
    groups = query_BHTD.shape[1] // key_BKTD.shape[1]
    key_BHSD, value_BHSD = (t.repeat_interleave(groups, 1) for t in (key_BKTD, value_BKTD))
    scores_BHTS = query_BHTD @ key_BHSD.transpose(-1, -2) * options["scaling"]
    if cap is not None:
        scores_BHTS = torch.tanh(scores_BHTS / cap) * cap
    if attention_mask is None:
        places = scores_BHTS.shape[-2:]
        causal_TS = torch.ones(places, dtype=torch.bool, device=query_BHTD.device)
        attention_mask = causal_TS.tril(places[1] - places[0])
    scores_BHTS = scores_BHTS.float().masked_fill(~attention_mask, _LOWEST)
    weights_BHTS = _softmax(scores_BHTS, sink_H)
    return (weights_BHTS.to(value_BHSD.dtype) @ value_BHSD).transpose(1, 2).contiguous(), None


def _softmax(scores_BHTS: Tensor, sink_H: Tensor | None) -> Tensor:
    """Over the keys, and a sink that keeps what it is given."""
    if sink_H is None:
        return scores_BHTS.softmax(-1)
    sink_BHT1 = sink_H.float()[:, None, None].expand(*scores_BHTS.shape[:-1], 1)
    return torch.cat([scores_BHTS, sink_BHT1], -1).softmax(-1)[..., :-1]


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

_UNSUPPORTED = ("position_bias",)


# What a GPU's kernels need to know of the documents is made once for all layers, and as long as
# there are documents: no compiled layer can hold it, so these two stay outside.
_flex, _varlen = map(torch.compiler.disable, (attention_by_flex, attention_by_varlen))

_FORWARD: dict[str, Callable[..., Any]] = {
    "blocked": partial(_documents_forward, blocked_attention),
    "sdpa": _sdpa_forward,
    "flex": partial(_documents_forward, _flex),
    "varlen": partial(_documents_forward, _varlen),
}
for _name, _forward in _FORWARD.items():
    AttentionInterface.register(f"auroram-{_name}", _forward)
    AttentionMaskInterface.register(f"auroram-{_name}", sdpa_mask)
