"""Memory of the end of a stage that settles in closed form which requests are declined.

It comes after the last step, when moments and gradients are gone, and on the first rank alone: a
second model reads the requests beside the one that was trained. What the steps left in the heap has
been given back by then, and the C library no longer keeps all that is freed.

Shape letters: T positions of a row, V entries of the vocabulary, N requests, M width of what goes
into a site, D hidden size.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import chain

from transformers import PreTrainedModel

from auroram.model.precision import precision_of
from auroram.pipeline.plan_memory import GAPS, kept_bytes, numbers_of
from auroram.train.ranks.distributed import Degrees
from auroram.train.refusals.settings import Refusals
from auroram.train.refusals.sites import sites_of, watched
from auroram.train.settings import Train

LOGITS = 3
"""Tensors of the logits' size that are there at once: the logits, their softmax and what a draw
from it takes; later the log-softmax, its gradient and theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalsMemory:
    """Bytes of the first rank while refusals are settled."""

    process: float
    """The interpreter and its libraries."""
    weights: float
    """In float32, of the stage's model and of the one that reads; a teacher's too."""
    factors: float
    """Second moments at the layers that may change, or their Cholesky factors, which are made
    while those are there."""
    keys: float
    """What goes into these layers at each request, with what the kernel is made of."""
    activations: float
    """What a row of text keeps for its gradient."""
    logits: float
    """Of a row of text."""
    gaps: float
    """What the allocator holds between blocks that come and go."""

    @property
    def total(self) -> float:
        """The most at one time: as text is read, as factors are made, or as requests are."""
        reading = self.activations + self.logits + self.gaps
        return self.process + self.weights + self.factors + max(reading, self.factors, self.keys)

    def parts(self) -> dict[str, float]:
        """Bytes by what they are for."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def refusals_memory(
    name: str,
    stages: Mapping[str, object],
    model: PreTrainedModel,
    degrees: Degrees,
    *,
    process: float,
) -> RefusalsMemory | None:
    """What settling refusals takes; None where a stage leaves that to its steps.

    Args:
        name: of the training stage.
        stages: all of the recipe; those that exchanges come from say in which languages.
        model: of a `shape_of`, unchanged as yet; which of its parameters train changes.
        degrees: of the mesh, whose first rank keeps its part of the weights as well.
        process: bytes of the interpreter and its libraries.

    Raises:
        ValueError: where the model has no layers that may change.
    """
    stage = stages[name]
    if not isinstance(stage, Train) or not stage.refusals:
        return None
    requests = 2 * stage.refusals.requests * _languages(stage.refusals, stages)
    sites = sites_of(model, stage.refusals.unchanged)
    model.requires_grad_(requires_grad=False)
    with watched(sites):
        row, fixed = kept_bytes(stage, model)
    every = 4 * numbers_of(model.parameters())
    shapes = [(site.in_features, site.out_features) for site in sites.values()]
    widths, widest = sum(m + d for m, d in shapes), max(m for m, _ in shapes)
    width = 2 if precision_of(stage.precision) == "bfloat16" else 4
    activations = fixed + row + stage.sequence_tokens * widths * width
    logits = float(LOGITS * 4 * stage.sequence_tokens * _vocabulary(model))
    own = every / degrees.ranks if degrees.ranks > 1 else 0
    return RefusalsMemory(
        process=process,
        weights=(3 if stage.distil else 2) * every + own,
        factors=4 * sum(m**2 + d**2 for m, d in shapes),
        keys=4 * requests * (sum(m for m, _ in shapes) + 2 * widest) + 3 * 8 * requests**2,
        activations=activations,
        logits=logits,
        gaps=GAPS * (activations + logits),
    )


def _languages(refusals: Refusals, stages: Mapping[str, object]) -> int:
    """How many are taught; one where nothing says so before exchanges are there."""
    made = (getattr(stages.get(name), "languages", ()) for name in refusals.exchanges)
    return len(refusals.languages or {*chain.from_iterable(made)}) or 1


def _vocabulary(model: PreTrainedModel) -> int:
    return int(model.config.get_text_config().vocab_size)
