"""Whether we read packed rows as the model itself would read each document alone.

Every decoder of transformers is taken, and this decides at the start whether it fits: two short
documents share a row under our mask, and their logits, made from the hidden states and the head,
are compared with what the model makes of each document by itself. What leaks between documents
(states that run on, attention that we know nothing of) or changes logits behind our back shows
here, before any compute is spent.

Shape letters: B rows, T positions, D hidden size, V vocabulary.
"""

from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from transformers import PreTrainedModel

from auroram.errors import DataError
from auroram.model.attention import document_mask, has_window
from auroram.model.decoder import decoder_of
from auroram.model.logits import rescaling_of

LENGTHS = (5, 9)
"""Tokens of the two documents; where attention slides, those of the second lie behind a window."""

TOLERANCE = 1e-3
"""Largest difference in a logit, relative to the largest logit; rounding is near 1e-6."""

MISREADINGS = (TypeError, ValueError, IndexError, RuntimeError, AttributeError)
"""What models raise that are handed what they cannot read."""


def longest_row(model: PreTrainedModel) -> int | None:
    """Positions that the model knows; None where its settings name no limit.

    Where attention goes by chunks (Llama 4), a row must fit into one, as our masks know none.
    """
    config = model.config.get_text_config()
    limits = [getattr(config, name, None) for name in _LIMITS]
    return min((limit for limit in limits if limit), default=None)


_LIMITS = ("max_position_embeddings", "attention_chunk_size")


def fault_of_kind(model: PreTrainedModel) -> str | None:
    """Why packed rows cannot be read, as far as the model's kind tells without weights.

    None where nothing is known against it; `check_reading` is sure.
    """
    if named := states_of(model):
        return f"states of its layers ({named}) run on from one document of a row to the next"
    if not model._can_set_attn_implementation():  # noqa: SLF001 -- its only name
        return "its attention cannot be told where the documents of a row begin"
    return None


def states_of(model: PreTrainedModel) -> str:
    """Kinds of its layers that look back through a state and not through attention, in words."""
    layers = set(getattr(model.config.get_text_config(), "layer_types", None) or ())
    if not layers and model._is_stateful:  # noqa: SLF001 -- its only name
        return str(model.config.model_type)
    return ", ".join(sorted(layers & STATEFUL))


STATEFUL = {"linear_attention", "conv", "hybrid", "hybrid_sliding"}
"""Such kinds, by transformers' names."""


def reads_packed(model: PreTrainedModel, *, row_tokens: int) -> bool:
    """Whether the model reads documents that share a row as it reads each alone; tried once.

    Args:
        model: in evaluation mode, with one of our attention backends.
        row_tokens: length of the rows to come; a window that is no shorter is not tried.
    """
    found = _FOUND.setdefault(model, {})
    if row_tokens not in found:
        found[row_tokens] = fault_of_kind(model) is None and _packs(model, row_tokens)
    return found[row_tokens]


_FOUND: WeakKeyDictionary[PreTrainedModel, dict[int, bool]] = WeakKeyDictionary()


def _packs(model: PreTrainedModel, row_tokens: int) -> bool:
    try:
        return reading_difference(model, row_tokens=row_tokens) <= TOLERANCE
    except MISREADINGS:
        return False


def check_reading(model: PreTrainedModel, place: str, *, row_tokens: int) -> None:
    """Refuse a model that packed rows or our head would compute otherwise than it does itself.

    Args:
        model: in evaluation mode, with one of our attention backends.
        place: begins the sentence, such as `stages.cap.model`.
        row_tokens: length of the rows to come; a window that is no shorter is not tried.

    Raises:
        DataError: where the two differ, or the model cannot be run at all.
    """
    try:
        difference = reading_difference(model, row_tokens=row_tokens)
    except MISREADINGS as error:
        raise DataError(
            f"{place}: packed rows cannot be read by a model of type "
            f"{model.config.model_type!r} ({str(error).strip().partition(chr(10))[0][:100]}); "
            "choose another model"
        ) from error
    if not difference <= TOLERANCE:
        raise DataError(
            f"{place}: a model of type {model.config.model_type!r} reads packed documents "
            f"otherwise than alone (logits differ by {difference:.1e} of the largest); "
            "choose another model"
        )


@torch.no_grad()
def reading_difference(model: PreTrainedModel, *, row_tokens: int) -> float:
    """Largest difference between our logits and the model's own, relative to the largest logit.

    Zero where the weights are not numbers, which is not the fault of the reading.
    """
    documents = _documents(model, row_tokens)
    ours_TV = packed_logits(model, documents)
    own_TV = torch.cat([model(ids_T[None], use_cache=False).logits[0] for ids_T in documents])
    return _difference(ours_TV, own_TV)


def _difference(ours: Tensor, own: Tensor) -> float:
    """Largest one between logits, relative to the largest; 0 where its own are no numbers."""
    if not torch.isfinite(own).all():
        return 0.0
    largest = own.abs().amax().clamp_min(torch.finfo(torch.float32).tiny)
    return float((ours - own).abs().amax() / largest)


@torch.no_grad()
def makes_logits(model: PreTrainedModel) -> bool:
    """Whether the model's logits are what we make of its states with its head; tried once."""
    if model not in _MADE:
        ids_1T = _documents(model, 0)[0][None]
        hidden_1TD = decoder_of(model)(input_ids=ids_1T, use_cache=False).last_hidden_state
        head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        own_1TV = model(input_ids=ids_1T, use_cache=False).logits
        ours_1TV = rescaling_of(model).apply(head(hidden_1TD))
        # Both run the same products, in whatever type: all that is looked for is another head.
        _MADE[model] = _difference(ours_1TV, own_1TV) < TOLERANCE
    return _MADE[model]


_MADE: WeakKeyDictionary[PreTrainedModel, bool] = WeakKeyDictionary()


@torch.no_grad()
def packed_logits(model: PreTrainedModel, documents: list[Tensor]) -> Tensor:
    """Logits of documents that share one row, as training makes them: (T, V) float32."""
    places = [torch.arange(len(ids_T), device=model.device) for ids_T in documents]
    numbers = [torch.full_like(ids_T, number) for number, ids_T in enumerate(documents)]
    hidden_BTD = decoder_of(model)(
        input_ids=torch.cat(documents)[None],
        position_ids=torch.cat(places)[None],
        attention_mask=document_mask(torch.cat(numbers)[None]),
        use_cache=False,
    ).last_hidden_state
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    logits_TV: Tensor = rescaling_of(model).apply(head(hidden_BTD)[0].float())
    return logits_TV


def _documents(model: PreTrainedModel, row_tokens: int) -> list[Tensor]:
    """Two documents of ids spread over the vocabulary, always the same."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None) if has_window(model) else None
    short, long = LENGTHS
    if window and window + short + long <= row_tokens:
        long += window
    ids_T = torch.arange(1, short + long + 1, device=model.device) * 7919 % config.vocab_size
    return list(torch.split(ids_T, [short, long]))
