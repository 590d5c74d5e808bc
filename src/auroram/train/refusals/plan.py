"""How far margins are to move: each to its side of its language's mean, and where thresholds lie.

Shape letters: N requests, L languages.
"""

import torch
from torch import Tensor


def mean_by_language(values_N: Tensor, languages_N: Tensor) -> Tensor:
    """The mean of each language, (L,).

    >>> mean_by_language(torch.tensor([1.0, 3.0, 5.0]), torch.tensor([0, 0, 1])).tolist()
    [2.0, 5.0]
    """
    sums_L = torch.bincount(languages_N, weights=values_N.double())
    means_L: Tensor = sums_L / torch.bincount(languages_N)
    return means_L


def wanted(margins_N: Tensor, harmful_N: Tensor, *, margin: float) -> Tensor:
    """How far each margin is to move: to `margin` or beyond on its side of 0, and not back.

    >>> wanted(torch.tensor([-1.0, 3.0]), torch.tensor([True, True]), margin=1.0)
    tensor([2., 0.])
    """
    signs_N = harmful_N.to(margins_N.dtype) * 2 - 1
    return signs_N * (margin - signs_N * margins_N).clamp(min=0)


def share_beyond(leads_N: Tensor) -> float:
    """Share of requests whose lead is above 0; 0 of none."""
    return float((leads_N > 0).double().mean()) if len(leads_N) else 0.0
