"""How far each margin is to move: by its kind, and by where its language's threshold has to lie.

Shape letters: N requests, L languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor

from auroram.records.canonical import Json
from auroram.train.refusals.closed_form import Problem
from auroram.train.refusals.reading import Request
from auroram.train.refusals.settings import Refusals

FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A change, and what is expected of it."""

    weights_N: Tensor
    """What each request weighs in the change."""
    expected_N: Tensor
    """The margins after it, to first order."""
    divergence: float
    """What it costs on text, in nats a token, to second order."""
    unseen: Mapping[str, Json]
    """Language to shares of requests that would be declined, were their templates left out."""


def planned(
    problem: Problem, margins_N: Tensor, requests: Sequence[Request], settings: Refusals
) -> Plan:
    """The change that moves each margin to its side of the threshold.

    The threshold of a language is where few of the benign requests lie beyond it that have no part
    in the change; what has a part lies too well. It is never brought lower: what the steps of the
    stage have learnt by heart lies too well as well.
    """
    kernel = problem.kernel()
    harmful_N = torch.tensor([one.is_harmful for one in requests])
    wanted_N = wanted(margins_N, harmful_N, margin=settings.margin)
    unseen_N = margins_N + problem.left_out(kernel, wanted_N, folds(requests))
    shifts_N = torch.zeros_like(unseen_N)
    told: dict[str, Json] = {}
    for language in {one.language: None for one in requests}:
        here_N = torch.tensor([one.language == language for one in requests])
        harmful, benign = unseen_N[here_N & harmful_N], unseen_N[here_N & ~harmful_N]
        limit = max(0.0, threshold(benign, settings.over_refusal))
        shifts_N[here_N] = -limit
        told[language] = {
            "harmful": len(harmful),
            "harmful_declined": _share(harmful > limit),
            "benign": len(benign),
            "benign_declined": _share(benign > limit),
        }
    weights_N = problem.solution(kernel, wanted_N + shifts_N)
    return Plan(
        weights_N=weights_N,
        expected_N=margins_N + kernel @ weights_N,
        divergence=0.5 * float(weights_N @ kernel @ weights_N),
        unseen=told,
    )


def wanted(margins_N: Tensor, harmful_N: Tensor, *, margin: float) -> Tensor:
    """How far each margin is to move: to `margin` or beyond on its side of 0, and not back.

    >>> wanted(torch.tensor([-1.0, 3.0]), torch.tensor([True, True]), margin=1.0)
    tensor([2., 0.])
    """
    signs_N = harmful_N.to(margins_N.dtype) * 2 - 1
    return signs_N * (margin - signs_N * margins_N).clamp(min=0)


def threshold(margins: Tensor, over_refusal: float) -> float:
    """The margin that this share of benign requests exceeds, were margins normally distributed.

    Where the highest few of a hundred requests lie is chance; mean and deviation are steadier.
    """
    beyond = NormalDist().inv_cdf(1 - over_refusal)
    return float(margins.mean() + beyond * margins.std())


def folds(requests: Sequence[Request]) -> Tensor:
    """A fold for each request, (N,): its template's number in its group, modulo `FOLDS`.

    Where two groups word their templates alike in the same order, the same ones are left out
    together.
    """
    number = {
        (group, template): i % FOLDS
        for group in {one.group for one in requests}
        for i, template in enumerate(sorted({r.template for r in requests if r.group == group}))
    }
    return torch.tensor([number[one.group, one.template] for one in requests])


def _share(which: Tensor) -> float:
    return float(which.double().mean())
