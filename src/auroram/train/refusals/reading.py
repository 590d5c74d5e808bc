"""What a model makes of requests, at the position where declining and helping part.

Shape letters: B requests in a batch, T positions, N requests, M width of what goes in, D hidden
size, L languages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from auroram.model.attention import PADDING
from auroram.model.choices import Precision
from auroram.model.logits import rescaling_of
from auroram.tokens.packing import IGNORED, Batch
from auroram.train.forward import hidden_states
from auroram.train.refusals.sites import watched

AT_ONCE, AT_ONCE_WITH_GRADIENTS = 16, 4
"""Requests in a batch: with gradients each position keeps what every layer made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request up to where its answer is settled."""

    ids: tuple[int, ...]
    """As it is asked, and what answers of both kinds begin with."""
    declining: tuple[int, ...]
    """Tokens that begin to decline it."""
    language: str
    is_harmful: bool
    template: str
    """What it was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read off, request by request."""

    margins_N: Tensor
    """Log of how much likelier the likeliest token that declines is than any other; above 0 the
    likeliest answer declines."""
    keys: Mapping[str, Tensor]
    """What went into each site, (N, M)."""


def read(
    model: PreTrainedModel,
    sites: Mapping[str, nn.Linear],
    requests: Sequence[Request],
    *,
    precision: Precision,
    advance: Callable[[int], None],
) -> Reading:
    """Margins and keys of requests."""
    margins_N = torch.zeros(len(requests))
    keys = {name: torch.zeros(len(requests), s.in_features) for name, s in sites.items()}
    with torch.no_grad(), watched(sites) as found:
        for some in _batches(requests, AT_ONCE):
            chosen = [requests[i] for i in some]
            margins_N[some] = _margins(model, chosen, precision=precision).cpu()
            for name, key_NM in keys.items():
                key_NM[some] = _last(found.keys[name], chosen).float().cpu()
            advance(len(some))
    return Reading(margins_N=margins_N, keys=keys)


def slopes(  # noqa: PLR0913 -- what is read, and how
    model: PreTrainedModel,
    sites: Mapping[str, nn.Linear],
    requests: Sequence[Request],
    *,
    languages: Sequence[str],
    precision: Precision,
    advance: Callable[[int], None],
) -> dict[str, Tensor]:
    """Mean gradient of the margin in each language by what comes out of each site, (L, D)."""
    sums = {name: torch.zeros(len(languages), s.out_features) for name, s in sites.items()}
    counts_L = torch.zeros(len(languages))
    with watched(sites) as found:
        for some in _batches(requests, AT_ONCE_WITH_GRADIENTS):
            chosen = [requests[i] for i in some]
            margins_B = _margins(model, chosen, precision=precision)
            by_site = torch.autograd.grad(margins_B.sum(), [found.outputs[n] for n in sites])
            which = torch.tensor([languages.index(one.language) for one in chosen])
            counts_L.index_add_(0, which, torch.ones(len(chosen)))
            for name, slope_BTD in zip(sites, by_site, strict=True):
                sums[name].index_add_(0, which, _last(slope_BTD, chosen).float().cpu())
            advance(len(some))
    return {name: total / counts_L[:, None] for name, total in sums.items()}


def _batches(requests: Sequence[Request], size: int) -> list[list[int]]:
    """Numbers of requests of like length, so many at a time."""
    order = sorted(range(len(requests)), key=lambda i: len(requests[i].ids))
    return [order[start : start + size] for start in range(0, len(order), size)]


def _margins(
    model: PreTrainedModel, requests: Sequence[Request], *, precision: Precision
) -> Tensor:
    """How far the answer to each request is from not declining, (B,)."""
    shape = len(requests), max(len(one.ids) for one in requests)
    rows = Batch(
        tokens_BT=np.zeros(shape, np.int64),
        targets_BT=np.full(shape, IGNORED),
        position_ids_BT=np.tile(np.arange(shape[1]), (shape[0], 1)),
        document_ids_BT=np.full(shape, PADDING),
    )
    for b, one in enumerate(requests):
        rows.tokens_BT[b, : len(one.ids)] = one.ids
        rows.document_ids_BT[b, : len(one.ids)] = 0
    hidden_BTD = hidden_states(model, rows, precision=precision)
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    logits_BV = rescaling_of(model).apply(head(_last(hidden_BTD, requests).float()))
    return torch.stack(
        [_lead(logits_V, one.declining) for logits_V, one in zip(logits_BV, requests, strict=True)]
    )


def _lead(logits_V: Tensor, tokens: Sequence[int]) -> Tensor:
    """By how much the likeliest of the tokens leads the likeliest of all others."""
    chosen_V = torch.zeros(len(logits_V), dtype=torch.bool, device=logits_V.device)
    chosen_V[list(tokens)] = True
    return logits_V[chosen_V].max() - logits_V[~chosen_V].max()


def _last(states_BTD: Tensor, requests: Sequence[Request]) -> Tensor:
    """The states at the last position of each request."""
    ends = torch.tensor([len(one.ids) - 1 for one in requests], device=states_BTD.device)
    return states_BTD[torch.arange(len(requests), device=states_BTD.device), ends]
