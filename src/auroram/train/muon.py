"""Muon: each matrix moves along its momentum with all singular values made nearly one.

What many targets agree on but weakly then counts as much as what is strong anyway, so that a batch
teaches more. Vectors and embeddings, for which this means nothing, move by AdamW. torch's own takes
one matrix at a time; here all of a shape are one stack, which for the hundreds of thin matrices of
a low-rank stage is some ten times as fast. `tests/unit/train/test_muon.py` holds both equal.

Source: Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks; the size of a
step, at which AdamW's learning rates fit, is Liu et al. 2025, arXiv:2502.16982, equation 4.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.adamw import adamw

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the polynomial a x + b x^3 + c x^5 that draws singular values to one."""
ITERATIONS = 5
SMALLEST = 1e-7
STEP_SIZE = 0.2
"""Root mean square of a step over the learning rate, as it is usual with AdamW."""


class Orthogonal(Optimizer):
    """Muon for the groups that say `matrices`, AdamW for the others."""

    def __init__(
        self,
        groups: Iterable[dict[str, Any]],
        *,
        momentum: float,
        betas: tuple[float, float],
        epsilon: float,
    ) -> None:
        self._momentum, self._betas, self._epsilon = momentum, betas, epsilon
        super().__init__(groups, {"lr": 0.0, "weight_decay": 0.0, "matrices": False})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move each parameter that has a gradient."""
        assert closure is None, "the gradients are there before a step"
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            move = self._orthogonal if group["matrices"] else self._adamw
            move(weights, group["lr"], group["weight_decay"])

    def _orthogonal(self, weights: list[Tensor], rate: float, decay: float) -> None:
        alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
        for weight in weights:
            alike[weight.shape].append(weight)
        for (rows, columns), some in alike.items():
            updates = torch.stack([self._ahead(weight) for weight in some])
            updates = orthogonal(updates) * (STEP_SIZE * max(rows, columns) ** 0.5)
            for weight, update in zip(some, updates, strict=True):
                weight.mul_(1 - rate * decay).add_(update, alpha=-rate)

    def _ahead(self, weight: Tensor) -> Tensor:
        """The gradient after Nesterov's momentum."""
        assert weight.grad is not None
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(weight.grad, 1 - self._momentum)
        return weight.grad.lerp(state["momentum"], self._momentum)

    def _adamw(self, weights: list[Tensor], rate: float, decay: float) -> None:
        states = [self.state[weight] for weight in weights]
        for weight, state in zip(weights, states, strict=True):
            if not state:
                state["step"] = torch.tensor(0.0)
                state["exp_avg"] = torch.zeros_like(weight)
                state["exp_avg_sq"] = torch.zeros_like(weight)
        adamw(
            weights,
            [weight.grad for weight in weights if weight.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=True,
            amsgrad=False,
            beta1=self._betas[0],
            beta2=self._betas[1],
            lr=rate,
            weight_decay=decay,
            eps=self._epsilon,
            maximize=False,
        )


def orthogonal(matrices_NRC: Tensor) -> Tensor:
    """N matrices of R by C with all singular values near one, by Newton and Schulz.

    Costs 15 products of matrices whose smaller side is min(R, C).
    """
    a, b, c = COEFFICIENTS
    turned = matrices_NRC.size(-2) > matrices_NRC.size(-1)
    wide: Tensor = matrices_NRC.mT if turned else matrices_NRC
    wide = wide / torch.linalg.matrix_norm(wide, keepdim=True).clamp(min=SMALLEST)
    for _ in range(ITERATIONS):
        gram = wide @ wide.mT
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide.mT if turned else wide
