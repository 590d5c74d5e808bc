"""The least change of some linear layers that moves margins where they should be.

To first order, changes W of the sites move the margin of request i by the sum over the sites of
g_i' W k_i. Least squares with the price of `Curvature` and a ridge has the solution

    W = sum over i of alpha_i (G^-1 g_i)(C^-1 k_i)',   (K + ridge) alpha = wanted,
    K_ij = sum over the sites of (k_i' C^-1 k_j)(g_i' G^-1 g_j).

It takes N^2 (M + D) operations a site and N^3 / 3 for the solution.

Shape letters: N requests, L languages, M width of what goes in, D hidden size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from auroram.train.refusals.curvature import Curvature


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Requests, what a change could do to them, and what it would cost."""

    curvature: Mapping[str, Curvature]
    keys: Mapping[str, Tensor]
    """What goes into each site at each request, (N, M)."""
    slopes: Mapping[str, Tensor]
    """Gradient of the margin by what comes out of each site, (L, D)."""
    languages_N: Tensor
    """Which row of the slopes is a request's."""
    ridge: float

    def kernel(self) -> Tensor:
        """How much moving one margin moves another, (N, N), in float64."""
        total = torch.zeros(len(self.languages_N), len(self.languages_N), dtype=torch.float64)
        for name, factors in self.curvature.items():
            keys_MN = _whitened(factors.keys_MM, self.keys[name].T)
            slopes_DL = _whitened(factors.gradients_DD, self.slopes[name].T)
            alike_LL = (slopes_DL.T @ slopes_DL).double()
            total += (keys_MN.T @ keys_MN).double() * alike_LL[self.languages_N][
                :, self.languages_N
            ]
        return total

    def solution(self, kernel: Tensor, wanted_N: Tensor) -> Tensor:
        """What each request weighs in the change, (N,)."""
        ridge = self.ridge * kernel.diagonal().mean()
        damped = kernel + ridge * torch.eye(len(kernel), dtype=kernel.dtype)
        weights_N: Tensor = torch.linalg.solve(damped, wanted_N.double())
        return weights_N

    def moved_unseen(
        self, kernel: Tensor, wanted_N: Tensor, groups: Sequence[str], folds: int
    ) -> Tensor:
        """How far each margin moves where nothing of its group had a part, (N,), in float64.

        Groups are parted into so many folds, or as many as there are, and each fold is left out in
        its turn. One group alone has a part in its own.
        """
        order = {group: number for number, group in enumerate(dict.fromkeys(groups))}
        fold_N = torch.tensor([order[group] % folds for group in groups])
        moved_N = torch.zeros_like(kernel[0])
        for fold in range(min(folds, len(order))):
            here_N = fold_N == fold
            rest_N = ~here_N if len(order) > 1 else here_N
            weights = self.solution(kernel[rest_N][:, rest_N], wanted_N[rest_N])
            moved_N[here_N] = kernel[here_N][:, rest_N] @ weights
        return moved_N

    def change(self, site: str, weights_N: Tensor) -> Tensor:
        """The change of a site's weight, (D, M)."""
        factors, weights_N = self.curvature[site], weights_N.float()
        pulls_LM = torch.zeros(len(self.slopes[site]), self.keys[site].shape[1])
        pulls_LM.index_add_(0, self.languages_N, self.keys[site] * weights_N[:, None])
        inputs_LM = torch.cholesky_solve(pulls_LM.T, factors.keys_MM).T
        outputs_LD = torch.cholesky_solve(self.slopes[site].T, factors.gradients_DD).T
        change_DM: Tensor = outputs_LD.T @ inputs_LM
        return change_DM


def _whitened(factor: Tensor, columns: Tensor) -> Tensor:
    whitened: Tensor = torch.linalg.solve_triangular(factor, columns, upper=False)
    return whitened
