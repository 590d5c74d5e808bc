"""Two steps in closed form: what the first misses, since no model is linear, the second mends.

Shape letters: N requests, L languages.
"""

from collections.abc import Iterable, Mapping
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
from auroram.train.refusals.plan import planned
from auroram.train.refusals.reading import Reading, Request, read, slopes
from auroram.train.refusals.settings import Refusals
from auroram.train.refusals.sites import sites_of

SLOPES_FROM, CHECKED = 4, 8
"""Requests of a kind and language whose gradients are averaged, and on which the first step is
checked."""


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
        requests, languages = lesson.requests, lesson.languages
        some, checked = lesson.first(SLOPES_FROM), lesson.first(CHECKED)
        total = len(requests) + len(some) + len(checked)
        self.progress.start("settle refusals", total=total, unit="requests")
        with torch.enable_grad():
            curvature = curvature_on(
                self.model, sites, rows, precision=self.precision, seed=self.seed
            )
            by_language = slopes(
                self.model,
                sites,
                [requests[i] for i in some],
                languages=languages,
                precision=self.precision,
                advance=self.progress.advance,
            )

        def problem(reading: Reading, part: Iterable[Request]) -> Problem:
            return Problem(
                curvature=curvature,
                keys=reading.keys,
                slopes=by_language,
                languages_N=torch.tensor([languages.index(one.language) for one in part]),
                ridge=self.settings.ridge,
            )

        before = self._read(sites, requests)
        first = problem(before, requests)
        plan = planned(first, before.margins_N, requests, self.settings)
        _apply(sites, first, plan.weights_N)
        part = [requests[i] for i in checked]
        after = self._read(sites, part)
        second = problem(after, part)
        missed_L = _means(
            plan.expected_N[checked] - after.margins_N, second.languages_N, len(languages)
        )
        weights_N = second.solution(second.kernel(), missed_L[second.languages_N])
        _apply(sites, second, weights_N)
        return {
            "languages": dict(plan.unseen),
            "left_out": dict(lesson.left_out),
            "unreviewed": lesson.unreviewed,
            "divergence_on_text": plan.divergence,
            "corrected_by": dict(zip(languages, missed_L.tolist(), strict=True)),
        }

    def _read(self, sites: Mapping[str, nn.Linear], requests: Iterable[Request]) -> Reading:
        return read(
            self.model,
            sites,
            list(requests),
            precision=self.precision,
            advance=self.progress.advance,
        )


@torch.no_grad()
def _apply(sites: Mapping[str, nn.Linear], problem: Problem, weights_N: Tensor) -> None:
    """Move the weights of the sites, one at a time."""
    for name, site in sites.items():
        site.weight += problem.change(name, weights_N).to(site.weight)


def _means(values_N: Tensor, languages_N: Tensor, languages: int) -> Tensor:
    """The mean of each language, (L,)."""
    return torch.stack([values_N[languages_N == i].mean() for i in range(languages)])
