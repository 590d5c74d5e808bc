"""Steps in closed form: the first tells requests apart, the others set the thresholds.

Shape letters: N requests, L languages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from auroram.model.choices import Precision
from auroram.ports import Progress
from auroram.records.canonical import Json
from auroram.tokens.packing import Batch
from auroram.train.refusals.closed_form import Problem
from auroram.train.refusals.curvature import Curvature, curvature_on
from auroram.train.refusals.lesson import Lesson
from auroram.train.refusals.plan import mean_by_language, share_beyond, wanted
from auroram.train.refusals.reading import Reading, Request, read, slopes
from auroram.train.refusals.settings import Refusals
from auroram.train.refusals.sites import sites_of

SLOPES_FROM = 4
"""Requests of a kind and language whose gradients are averaged."""
FOLDS = 8
"""Parts of the templates, each left out in its turn to see where thresholds have to lie."""
SHIFTS, SHIFTED_BY = 3, 10
"""Steps that set the thresholds, and requests of a kind and language that each is made of. A model
is not linear: each step takes in what the one before it missed, some fifth of its way."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What may move, and what a move does and costs."""

    sites: Mapping[str, nn.Linear]
    curvature: Mapping[str, Curvature]
    slopes: Mapping[str, Tensor]
    ridge: float

    def problem(self, reading: Reading, languages_N: Tensor) -> Problem:
        """That of moving the margins of the requests that were read."""
        return Problem(
            curvature=self.curvature,
            keys=reading.keys,
            slopes=self.slopes,
            languages_N=languages_N,
            ridge=self.ridge,
        )

    @torch.no_grad()
    def apply(self, problem: Problem, weights_N: Tensor) -> None:
        """Move the weights of the sites, one at a time."""
        for name, site in self.sites.items():
            site.weight += problem.change(name, weights_N).to(site.weight)


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
        requests, languages = lesson.requests, lesson.languages
        few = lesson.some(SHIFTED_BY)
        some = [requests[i] for i in lesson.some(SLOPES_FROM)]
        sites = sites_of(self.model, self.settings.unchanged)
        curvature = self._curvature(sites, rows)
        total = len(some) + len(requests) + SHIFTS * len(few)
        self.progress.start("settle refusals", total=total, unit="requests")
        by_language = self._slopes(sites, some, languages)
        ground = Ground(
            sites=sites, curvature=curvature, slopes=by_language, ridge=self.settings.ridge
        )
        languages_N = torch.tensor([languages.index(one.language) for one in requests])
        harmful_N = torch.tensor([one.is_harmful for one in requests])

        before = self._read(ground, requests)
        margins_N = before.margins_N.double()
        centre_N = mean_by_language(margins_N, languages_N)[languages_N]
        wanted_N = wanted(margins_N - centre_N, harmful_N, margin=self.settings.margin)
        problem = ground.problem(before, languages_N)
        kernel = problem.kernel()
        weights_N = problem.solution(kernel, wanted_N)
        ground.apply(problem, weights_N)

        templates = [one.template for one in requests]
        unseen_N = margins_N + problem.moved_unseen(kernel, wanted_N, templates, FOLDS)
        limits_N = self._limits(unseen_N[~harmful_N], languages_N[~harmful_N])[languages_N]
        aimed_N = margins_N + kernel @ weights_N - limits_N
        self._shift(ground, [requests[i] for i in few], languages_N[few], aimed_N[few])
        return {
            "languages": _told(lesson, unseen_N - limits_N, harmful_N),
            "left_out": dict(lesson.left_out),
            "unreviewed": lesson.unreviewed,
            "learnt_from": len(requests),
            "divergence_on_text": 0.5 * float(weights_N @ kernel @ weights_N),
        }

    def _curvature(
        self, sites: Mapping[str, nn.Linear], rows: Iterable[Batch]
    ) -> dict[str, Curvature]:
        self.model.requires_grad_(requires_grad=False)
        with torch.enable_grad():
            return curvature_on(self.model, sites, rows, precision=self.precision, seed=self.seed)

    def _slopes(
        self, sites: Mapping[str, nn.Linear], some: Sequence[Request], languages: Sequence[str]
    ) -> dict[str, Tensor]:
        with torch.enable_grad():
            return slopes(
                self.model,
                sites,
                some,
                languages=languages,
                precision=self.precision,
                advance=self.progress.advance,
            )

    def _read(self, ground: Ground, requests: Sequence[Request]) -> Reading:
        return read(
            self.model,
            ground.sites,
            requests,
            precision=self.precision,
            advance=self.progress.advance,
        )

    def _limits(self, benign_N: Tensor, languages_N: Tensor) -> Tensor:
        """Where the threshold of each language has to lie, (L,)."""
        parted = (benign_N[languages_N == i] for i in range(int(languages_N.max()) + 1))
        return torch.stack([one.quantile(1 - self.settings.over_refusal) for one in parted])

    def _shift(
        self, ground: Ground, requests: Sequence[Request], languages_N: Tensor, aimed_N: Tensor
    ) -> None:
        """Move all margins of a language by as much as these miss what they are aimed at."""
        for _ in range(SHIFTS):
            now = self._read(ground, requests)
            missing_L = mean_by_language(aimed_N - now.margins_N, languages_N)
            problem = ground.problem(now, languages_N)
            weights_N = problem.solution(problem.kernel(), missing_L[languages_N])
            ground.apply(problem, weights_N)


def _told(lesson: Lesson, leads_N: Tensor, harmful_N: Tensor) -> Json:
    """By language, what is declined of requests whose templates had no part."""
    told: Json = {}
    for language in lesson.languages:
        here_N = torch.tensor([one.language == language for one in lesson.requests])
        kinds = {"harmful": leads_N[here_N & harmful_N], "benign": leads_N[here_N & ~harmful_N]}
        told[language] = {kind: len(leads) for kind, leads in kinds.items()} | {
            f"{kind}_declined": share_beyond(leads) for kind, leads in kinds.items()
        }
    return told
