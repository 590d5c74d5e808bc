"""The language-model loss, taken together with the output head.

The logits of a row are by far the largest tensor of a step (49,152 numbers a token in SmolLM2), so
they are made in chunks, turned into their own gradient in place and let go. Nothing is computed
twice: the loss of a step is backpropagated exactly once, so its gradient may as well be taken
while the logits are at hand. Chunks share one buffer whose size does not depend on how many targets
there are: blocks of ever other sizes would leave a heap in pieces that nothing fits.

Shape letters: B rows, T positions, P positions of all rows, N of them with a target, C of those in
a chunk, S of those in a slice, R positions that are taught, D hidden size, V entries of the
vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from auroram.model.logits import PLAIN, Rescaling
from auroram.tokens.packing import IGNORED

CHUNK = 512
"""Positions whose logits are in memory at once: 50 MB of bfloat16 for 49,152 entries."""

SLICE = 64
"""Positions of a chunk that are in float32 at once, so that they stay in a processor's cache."""

ENTRIES = 512
"""Entries of the vocabulary whose float32 logits are one product on a processor. A wider one is
slower: 53 against 67 GFLOP/s (512 x 256 by 256 x 16,384, MKL on one core of an AMD Zen 3).
"""

LOGITS_OF_GPU = 2**27
"""Logits that are in memory at once on a GPU, all of them in float32 too: 0.8 GB. It has no cache
to stay in, and its kernels want much work at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Teaching:
    """What another model makes of some of the positions."""

    hidden_RD: Tensor
    """What it hands to its head, for the positions that it was asked about."""
    head_VD: Tensor
    places_P: Tensor
    """For each position its row in `hidden_RD`; -1 where it was not asked."""
    share: float
    """How much of the target its probabilities are; the rest is the token that came."""
    rescaling: Rescaling = PLAIN
    """What it does to its logits."""


def token_loss(  # noqa: PLR0913 -- half of them have defaults
    hidden_BTD: Tensor,
    head_VD: Tensor,
    targets_BT: Tensor,
    teaching: Teaching | None = None,
    rescaling: Rescaling = PLAIN,
    *,
    heard_BT: Tensor | None = None,
    weights_BT: Tensor | None = None,
    compiled: bool = False,
) -> Tensor:
    """Sum of the cross-entropies over the targets that count: float32 nats.

    The sum, and not the mean, so that micro-batches and ranks with unlike numbers of targets can
    be added up and divided once. Where another model teaches, the gradient is that of the
    cross-entropy against its probabilities; the value is still the one against the tokens that
    came, so that curves with and without it can be compared.

    Args:
        hidden_BTD: what the model hands to its head.
        head_VD: weights of the head.
        targets_BT: int64; position t holds the token to predict after position t. Best on the
            processor, wherever the rest lies: which of them count is then known at once.
        teaching: what another model makes of the same rows; None where it has no part.
        rescaling: what the model does to its logits.
        heard_BT: float32; where given, the nats of each target are written into it.
        weights_BT: float32; what each target weighs in the gradient, and not in the value.
        compiled: whether what is made of the logits may be compiled to one kernel; it is on a GPU,
            where no model teaches and none rescales its logits.

    Raises:
        ValueError: where the leading shapes differ.
    """
    if hidden_BTD.shape[:-1] != targets_BT.shape:
        raise ValueError(
            f"hidden states {tuple(hidden_BTD.shape)} and targets {tuple(targets_BT.shape)} "
            "must agree in every dimension but the last"
        )
    head_VD, hidden_BTD = _as_computed(head_VD, hidden_BTD)
    if not torch.is_grad_enabled():
        head_VD = head_VD.detach()
    nats: Tensor = _HeadLoss.apply(  # type: ignore[no-untyped-call]
        hidden_BTD.flatten(0, -2),
        head_VD,
        targets_BT.flatten(),
        teaching,
        rescaling,
        None if heard_BT is None else heard_BT.view(-1),
        None if weights_BT is None else weights_BT.view(-1),
        compiled and head_VD.device.type == "cuda" and teaching is None and rescaling == PLAIN,
    )
    return nats


class _HeadLoss(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0913, PLR0917 -- torch hands them on by place
        ctx: Any,  # noqa: ANN401
        hidden_PD: Tensor,
        head_VD: Tensor,
        targets_P: Tensor,
        teaching: Teaching | None,
        rescaling: Rescaling,
        heard_P: Tensor | None,
        weights_P: Tensor | None,
        at_once: bool,  # noqa: FBT001 -- as above
    ) -> Tensor:
        index_N = (targets_P != IGNORED).nonzero()[:, 0].to(head_VD.device)
        targets_P = targets_P.to(head_VD.device)
        chunk, slice_ = _sizes(head_VD)
        hidden_grad_PD = torch.zeros_like(hidden_PD) if ctx.needs_input_grad[0] else None
        head_grad_VD = torch.empty_like(head_VD) if ctx.needs_input_grad[1] else None
        nats = torch.zeros((), device=head_VD.device)
        logits_CV = head_VD.new_empty(chunk, len(head_VD))
        for number, index_C in enumerate(torch.split(index_N, chunk)):
            hidden_CD, targets_C1 = hidden_PD[index_C], targets_P[index_C, None]
            error_CV = _logits(hidden_CD, head_VD, out_CV=logits_CV[: len(index_C)])
            if at_once:
                nats_C1 = _compiled_error()(error_CV, targets_C1)
            else:
                nats_C1 = _turn_into_error(
                    error_CV, slice_, targets_C1, index_C, teaching, rescaling
                )
            nats += nats_C1.sum()
            if heard_P is not None:
                heard_P[index_C] = nats_C1[:, 0]
            if weights_P is not None:
                error_CV.mul_(weights_P[index_C, None])
            if hidden_grad_PD is not None:
                hidden_grad_PD[index_C] = error_CV @ head_VD
            if head_grad_VD is not None:
                head_grad_VD.addmm_(error_CV.T, hidden_CD, beta=min(number, 1))
        ctx.save_for_backward(hidden_grad_PD, head_grad_VD)
        return nats

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        # In place, as they are asked for once.
        grads = (None if grad is None else grad.mul_(scale) for grad in ctx.saved_tensors)
        return *grads, None, None, None, None, None, None


def _sizes(head_VD: Tensor) -> tuple[int, int]:
    """Positions of a chunk and of a slice, where the head lies."""
    if head_VD.device.type == "cpu":
        return CHUNK, SLICE
    positions = max(CHUNK, LOGITS_OF_GPU // len(head_VD))
    return positions, positions


def _logits(hidden_CD: Tensor, head_VD: Tensor, *, out_CV: Tensor) -> Tensor:
    """Written into `out_CV`, in products as wide as are fast."""
    in_parts = head_VD.device.type == "cpu" and head_VD.dtype == torch.float32
    entries = ENTRIES if in_parts else len(head_VD)
    parts = zip(torch.split(out_CV, entries, 1), torch.split(head_VD, entries), strict=True)
    for out_CE, head_ED in parts:
        torch.mm(hidden_CD, head_ED.T, out=out_CE)
    return out_CV


def _turn_into_error(  # noqa: PLR0913, PLR0917 -- the parts of a chunk
    logits_CV: Tensor,
    slice_: int,
    targets_C1: Tensor,
    index_C: Tensor,
    teaching: Teaching | None,
    rescaling: Rescaling,
) -> Tensor:
    """Write the gradient of the logits in their place; the nats of the targets."""
    spare_SV = None
    if logits_CV.dtype != torch.float32:
        size = (min(slice_, len(logits_CV)), logits_CV.shape[1])
        spare_SV = logits_CV.new_empty(size, dtype=torch.float32)
    nats = []
    for part_SV, targets_S1, index_S in zip(
        *(torch.split(part, slice_) for part in (logits_CV, targets_C1, index_C)), strict=True
    ):
        floats_SV = part_SV if spare_SV is None else spare_SV[: len(part_SV)].copy_(part_SV)
        rescaled_SV = rescaling.apply(floats_SV)
        slope_SV = None if rescaling == PLAIN else rescaling.slope(rescaled_SV)
        error_SV, nats_S1 = _probabilities(rescaled_SV, targets_S1)
        nats.append(nats_S1)
        _subtract_wanted(error_SV, targets_S1, index_S, teaching)
        part_SV.copy_(error_SV if slope_SV is None else error_SV.mul_(slope_SV))
    return torch.cat(nats)


def _error_at_once(logits_CV: Tensor, targets_C1: Tensor) -> Tensor:
    """As `_turn_into_error`, in terms that a compiler makes one kernel of."""
    logits = logits_CV.float()
    above_CV = logits - logits.amax(1, keepdim=True)
    at_target_C1 = above_CV.gather(1, targets_C1)
    sums_C1 = above_CV.exp().sum(1, keepdim=True)
    wanted_CV = torch.arange(logits_CV.shape[1], device=logits_CV.device) == targets_C1
    logits_CV.copy_(above_CV.exp() / sums_C1 - wanted_CV.float())
    return sums_C1.log() - at_target_C1


@cache
def _compiled_error() -> Callable[[Tensor, Tensor], Tensor]:
    """For any number of positions: the last chunk of a micro-batch has fewer than the others."""
    return torch.compile(_error_at_once, dynamic=True)


def _probabilities(chances_SV: Tensor, targets_S1: Tensor) -> tuple[Tensor, Tensor]:
    """The softmax, made where the float32 logits were, and the nats of the targets."""
    top_S1 = chances_SV.amax(1, keepdim=True)
    at_target_S1 = chances_SV.gather(1, targets_S1) - top_S1
    # In one pass through the cache, and twice as fast as its parts; the largest share is 1 / sum.
    torch.softmax(chances_SV, 1, out=chances_SV)
    return chances_SV, -chances_SV.amax(1, keepdim=True).log() - at_target_S1


def _subtract_wanted(
    chances_SV: Tensor, targets_S1: Tensor, index_S: Tensor, teaching: Teaching | None
) -> None:
    """Turn probabilities into the gradient of the logits: less one at what was to be predicted."""
    wanted_S1 = torch.ones(targets_S1.shape, device=targets_S1.device)
    if teaching is not None:
        places_S = teaching.places_P[index_S]
        taught = (places_S >= 0).nonzero()[:, 0]
        head_VD, hidden_RD = _as_computed(teaching.head_VD, teaching.hidden_RD[places_S[taught]])
        expected_RV = teaching.rescaling.apply((hidden_RD @ head_VD.T).float()).softmax(1)
        chances_SV.index_add_(0, taught, expected_RV, alpha=-teaching.share)
        wanted_S1[taught] -= teaching.share
    chances_SV.scatter_add_(1, targets_S1, -wanted_S1)


def _as_computed(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors in the type in which autocast would multiply them."""
    if not torch.is_autocast_enabled(tensors[0].device.type):
        return tensors
    dtype = torch.get_autocast_dtype(tensors[0].device.type)
    return tuple(tensor.to(dtype) for tensor in tensors)
