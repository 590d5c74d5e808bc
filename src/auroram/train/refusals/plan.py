"""How far margins are to move: each to its side of a threshold, and the threshold to its place.

Shape letters: N requests.
"""

from statistics import NormalDist

from torch import Tensor


def wanted(margins_N: Tensor, harmful_N: Tensor, *, margin: float) -> Tensor:
    """How far each margin is to move: to `margin` or beyond on its side of 0, and not back.

    >>> import torch
    >>> wanted(torch.tensor([-1.0, 3.0]), torch.tensor([True, True]), margin=1.0)
    tensor([2., 0.])
    """
    signs_N = harmful_N.to(margins_N.dtype) * 2 - 1
    return signs_N * (margin - signs_N * margins_N).clamp(min=0)


def threshold(margins_N: Tensor, over_refusal: float) -> float:
    """The margin that this share of benign requests exceeds, were margins normally distributed.

    Where the highest few of a hundred requests lie is chance; mean and deviation are steadier.
    """
    beyond = NormalDist().inv_cdf(1 - over_refusal)
    return float(margins_N.mean() + beyond * margins_N.std())


def share_beyond(margins_N: Tensor, limit: float) -> float:
    """Share of requests whose margin exceeds the limit; 0 of none."""
    return float((margins_N > limit).double().mean()) if len(margins_N) else 0.0
