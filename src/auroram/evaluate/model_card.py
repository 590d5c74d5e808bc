"""A Hugging Face model card with evaluation metadata: `README.md` beside the weights.

Source: the model-index of huggingface.co/docs/hub/model-cards: task, dataset and metrics of each
result. What the card says comes from manifests and scored items alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from auroram.evaluate.lm_eval_results import name_of
from auroram.evaluate.probes.curves import Point, cells, points
from auroram.records.canonical import Json
from auroram.records.hub_licences import hub_licence
from auroram.records.scored_item import ScoredItem


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What the card says beside figures."""

    model: str
    base: str
    """Where the base came from, in words."""
    licence: str
    """SPDX id; `other` where it is not known."""
    languages: Sequence[str]
    notices: Sequence[str]
    verdicts: Sequence[str]
    identity: str
    """Digest of the manifest of the stage that made the model."""


def model_card(facts: CardFacts, items: Sequence[ScoredItem]) -> str:
    """The card as Markdown with YAML front matter, which is written as JSON, a part of YAML."""
    head = {
        "license": hub_licence(facts.licence),
        "language": list(facts.languages),
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["auroram", "continued-pretraining"],
        "model-index": [{"name": facts.model, "results": _results(items)}],
    }
    front = "\n".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()
    )
    return f"---\n{front}\n---\n\n{_body(facts, items)}"


def _results(items: Sequence[ScoredItem]) -> list[Json]:
    by_task: dict[str, list[ScoredItem]] = {}
    for one in items:
        by_task.setdefault(name_of(one), []).append(one)
    return [
        {
            "task": {"type": "text-generation", "name": task},
            "dataset": {
                "name": f"{here[0].split or here[0].task} ({here[0].language})",
                "type": here[0].split or here[0].task,
            },
            "metrics": [
                {"type": one.measure, "value": round(one.value, 6), "name": _with_interval(one)}
                for one in points(cells(here))
            ],
        }
        for task, here in by_task.items()
    ]


def _with_interval(one: Point) -> str:
    return f"{one.measure} (95 % {_ends(one)}; n = {one.n})"


_HEADINGS = (
    "| measure | set | language | value | 95 % interval | items |",
    "|---|---|---|--:|---|--:|",
)


def _body(facts: CardFacts, items: Sequence[ScoredItem]) -> str:
    figures = [
        f"| {one.measure} | {one.split} | {one.language} | {one.value:.4f} | {_ends(one)} "
        f"| {one.n} |"
        for one in points(cells(items))
    ]
    parts = [
        f"# {facts.model}",
        f"Trained further with Auroram from {facts.base}. Identity of the stage that made it: "
        f"`{facts.identity}`.",
        *facts.verdicts,
        *(f"> {sentence}" for sentence in facts.notices),
        "## Evaluation",
        "\n".join([*_HEADINGS, *figures]),
    ]
    return "\n\n".join(parts) + "\n"


def _ends(one: Point) -> str:
    if one.low is None or one.high is None:
        return "too few"
    return f"{one.low:.4f} to {one.high:.4f}"
