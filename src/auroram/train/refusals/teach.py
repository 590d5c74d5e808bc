"""Two steps in closed form: the first tells requests apart, the second sets the thresholds.

Shape letters: N requests.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from auroram.model.precision import Precision
from auroram.ports import Progress
from auroram.records.canonical import Json
from auroram.tokens.packing import Batch
from auroram.train.refusals.closed_form import Problem
from auroram.train.refusals.curvature import curvature_on
from auroram.train.refusals.lesson import Lesson
from auroram.train.refusals.plan import share_beyond, threshold, wanted
from auroram.train.refusals.reading import Reading, Request, read, slopes
from auroram.train.refusals.settings import Refusals
from auroram.train.refusals.sites import sites_of

SLOPES_FROM = 4
"""Requests of a kind and language whose gradients are averaged."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Teacher:
    """A model whose upper layers are moved, in place, by what a lesson asks."""

    model: PreTrainedModel
    """In evaluation mode; no weight needs a gradient."""
    precision: Precision
    settings: Refusals
    seed: int
    progress: Progress

    def teach(self, lesson: Lesson, rows: Iterable[Batch]) -> Json:
        """Move the model's weights, and tell of it.

        Args:
            lesson: what to decline.
            rows: packed text that is to stay as likely as it is.
        """
        sites = sites_of(self.model, self.settings.unchanged)
        self.model.requires_grad_(requires_grad=False)
        requests, languages = lesson.requests, lesson.languages
        some, spared = lesson.some(SLOPES_FROM), lesson.calibration
        total = len(requests) + len(some) + len(spared)
        self.progress.start("settle refusals", total=total, unit="requests")
        with torch.enable_grad():
            curvature = curvature_on(
                self.model, sites, rows, precision=self.precision, seed=self.seed
            )
            by_language = slopes(
                self.model,
                sites,
                some,
                languages=languages,
                precision=self.precision,
                advance=self.progress.advance,
            )

        def move(reading: Reading, part: Sequence[Request], wanted_N: Tensor) -> float:
            problem = Problem(
                curvature=curvature,
                keys=reading.keys,
                slopes=by_language,
                languages_N=torch.tensor([languages.index(one.language) for one in part]),
                ridge=self.settings.ridge,
            )
            kernel = problem.kernel()
            weights_N = problem.solution(kernel, wanted_N)
            _apply(sites, problem, weights_N)
            return 0.5 * float(weights_N @ kernel @ weights_N)

        before = self._read(sites, requests)
        harmful_N = torch.tensor([one.is_harmful for one in requests])
        wanted_N = wanted(before.margins_N, harmful_N, margin=self.settings.margin)
        divergence = move(before, requests, wanted_N)
        after = self._read(sites, spared)
        limits, told = _limits(after.margins_N, spared, self.settings.over_refusal)
        if spared:
            move(after, spared, torch.tensor([-limits[one.language] for one in spared]))
        return {
            "languages": told,
            "left_out": dict(lesson.left_out),
            "unreviewed": lesson.unreviewed,
            "learnt_from": len(requests),
            "divergence_on_text": divergence,
        }

    def _read(self, sites: Mapping[str, nn.Linear], requests: Sequence[Request]) -> Reading:
        return read(
            self.model,
            sites,
            requests,
            precision=self.precision,
            advance=self.progress.advance,
        )


def _limits(
    margins_N: Tensor, requests: Sequence[Request], over_refusal: float
) -> tuple[dict[str, float], Json]:
    """Language to where its threshold has to lie, and what that makes of these requests."""
    limits: dict[str, float] = {}
    told: Json = {}
    harmful_N = torch.tensor([one.is_harmful for one in requests])
    for language in sorted({one.language for one in requests}):
        here_N = torch.tensor([one.language == language for one in requests])
        harmful, benign = margins_N[here_N & harmful_N], margins_N[here_N & ~harmful_N]
        limits[language] = threshold(benign, over_refusal) if len(benign) > 1 else 0.0
        told[language] = {
            "harmful": len(harmful),
            "harmful_declined": share_beyond(harmful, limits[language]),
            "benign": len(benign),
            "benign_declined": share_beyond(benign, limits[language]),
        }
    return limits, told


@torch.no_grad()
def _apply(sites: Mapping[str, nn.Linear], problem: Problem, weights_N: Tensor) -> None:
    """Move the weights of the sites, one at a time."""
    for name, site in sites.items():
        site.weight += problem.change(name, weights_N).to(site.weight)
