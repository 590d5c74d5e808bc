"""Changes of linear layers in closed form, against what they do."""

import pytest
import torch

from auroram.train.refusals.closed_form import Problem
from auroram.train.refusals.curvature import Curvature

N, D, WIDTHS = 12, 5, {"attention": 7, "feed-forward": 9}
LANGUAGES = torch.tensor([0, 1] * (N // 2))


def factor(width, generator):
    some = torch.randn(3 * width, width, generator=generator)
    return torch.linalg.cholesky(some.T @ some / len(some) + 0.1 * torch.eye(width))


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(3)
    return Problem(
        curvature={
            name: Curvature(keys_MM=factor(m, generator), gradients_DD=factor(D, generator))
            for name, m in WIDTHS.items()
        },
        keys={name: torch.randn(N, m, generator=generator) for name, m in WIDTHS.items()},
        slopes={name: torch.randn(2, D, generator=generator) for name in WIDTHS},
        languages_N=LANGUAGES,
        ridge=1e-9,
    )


def effect(problem, changes):
    """What the changes move each margin by, to first order."""
    return sum(
        torch.einsum(
            "nd,dm,nm->n", problem.slopes[name][LANGUAGES], changes[name], problem.keys[name]
        )
        for name in changes
    )


def price(problem, changes):
    """Half the trace of G W C W'."""
    total = 0.0
    for name, change in changes.items():
        keys, gradients = problem.curvature[name].keys_MM, problem.curvature[name].gradients_DD
        total += 0.5 * (gradients.T @ change @ keys).square().sum().item()
    return total


def test_the_change_moves_each_margin_as_wanted(problem):
    wanted = torch.linspace(-2, 2, N)
    weights = problem.solution(problem.kernel(), wanted)
    changes = {name: problem.change(name, weights) for name in WIDTHS}
    torch.testing.assert_close(effect(problem, changes), wanted, atol=1e-3, rtol=0)


def test_its_price_is_half_the_kernel_form_and_the_least_of_all(problem):
    kernel = problem.kernel()
    weights = problem.solution(kernel, torch.linspace(-2, 2, N))
    changes = {name: problem.change(name, weights) for name in WIDTHS}
    least = price(problem, changes)
    assert least == pytest.approx(0.5 * float(weights @ kernel @ weights), rel=1e-3)
    generator = torch.Generator().manual_seed(5)
    for _ in range(5):
        # A random change, brought to the same effect by the closed form of what it lacks.
        other = {n: 0.1 * torch.randn(D, m, generator=generator) for n, m in WIDTHS.items()}
        lacking = effect(problem, changes) - effect(problem, other)
        more = problem.solution(kernel, lacking)
        other = {name: other[name] + problem.change(name, more) for name in WIDTHS}
        assert price(problem, other) > least


def test_what_is_foreseen_of_a_group_is_what_the_others_solution_makes_of_it(problem):
    kernel, wanted = problem.kernel(), torch.linspace(-2, 2, N)
    groups = [f"template-{n % 3}" for n in range(N)]
    foreseen = problem.moved_unseen(kernel, wanted, groups, folds=8)
    for group in range(3):
        out = torch.arange(N) % 3 == group
        weights = torch.zeros(N, dtype=torch.float64)
        weights[~out] = problem.solution(kernel[~out][:, ~out], wanted[~out])
        changes = {name: problem.change(name, weights) for name in WIDTHS}
        moved = effect(problem, changes)[out]
        torch.testing.assert_close(foreseen[out].float(), moved, atol=1e-3, rtol=1e-3)
    assert (foreseen - wanted).abs().max() > 0.1


def test_one_group_alone_has_a_part_in_its_own(problem):
    kernel, wanted = problem.kernel(), torch.linspace(-2, 2, N)
    foreseen = problem.moved_unseen(kernel, wanted, ["one"] * N, folds=8)
    torch.testing.assert_close(foreseen.float(), wanted, atol=1e-3, rtol=0)
