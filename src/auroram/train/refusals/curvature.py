"""What a change of a linear layer would do to ordinary text, to second order.

Shape letters: N positions, M width of what goes in, D hidden size, V vocabulary.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from auroram.model.choices import Precision
from auroram.model.logits import rescaling_of
from auroram.tokens.packing import Batch
from auroram.train.forward import hidden_states
from auroram.train.refusals.sites import watched

DAMPING = 0.03
"""Added to a diagonal, relative to its mean, so that few rows of text can be inverted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curvature:
    """Kronecker factors of one site, each as its lower Cholesky factor.

    The divergence that a change W (D, M) brings about on text is, to second order, half the trace
    of G W C W', with C the mean of k k' over what goes in and G that of g g' over the gradients of
    what comes out, for tokens drawn from the model.

    Source: Martens & Grosse 2015, arXiv:1503.05671, sections 2.1 and 3.
    """

    keys_MM: Tensor
    gradients_DD: Tensor


def curvature_on(
    model: PreTrainedModel,
    sites: Mapping[str, nn.Linear],
    rows: Iterable[Batch],
    *,
    precision: Precision,
    seed: int,
) -> dict[str, Curvature]:
    """The factors of each site, over packed rows of text.

    Memory is that of one batch and of M^2 + D^2 floats a site.
    """
    keys = {name: torch.zeros(s.in_features, s.in_features) for name, s in sites.items()}
    gradients = {name: torch.zeros(s.out_features, s.out_features) for name, s in sites.items()}
    generator = torch.Generator().manual_seed(seed)
    read = 0
    with watched(sites) as found:
        for row in rows:
            here = torch.from_numpy(row.document_ids_BT >= 0)
            nats = _drawn_nats(model, row, here, precision=precision, generator=generator)
            slopes = torch.autograd.grad(nats, [found.outputs[name] for name in sites])
            for name, slope in zip(sites, slopes, strict=True):
                key_NM = found.keys[name].float().cpu()[here]
                slope_ND = slope.float().cpu()[here]
                keys[name] += key_NM.T @ key_NM
                gradients[name] += slope_ND.T @ slope_ND
            read += int(here.sum())
    return {
        name: Curvature(
            keys_MM=_factor(keys[name] / read), gradients_DD=_factor(gradients[name] / read)
        )
        for name in sites
    }


def _drawn_nats(
    model: PreTrainedModel,
    row: Batch,
    here: Tensor,
    *,
    precision: Precision,
    generator: torch.Generator,
) -> Tensor:
    """Nats of one token drawn from the model after each position."""
    hidden_ND = hidden_states(model, row, precision=precision)[here.to(model.device)]
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    logits_NV = rescaling_of(model).apply(head(hidden_ND.float()))
    chances_NV = logits_NV.detach().softmax(-1).cpu()
    drawn_N = torch.multinomial(chances_NV, 1, generator=generator)[:, 0]
    return cross_entropy(logits_NV, drawn_N.to(logits_NV.device), reduction="sum")


def _factor(moments: Tensor) -> Tensor:
    """The lower Cholesky factor of damped second moments."""
    damped = moments + DAMPING * moments.diagonal().mean() * torch.eye(len(moments))
    factor: Tensor = torch.linalg.cholesky(damped)
    return factor
