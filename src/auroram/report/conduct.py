"""How the models behave: refusals, over-refusals, language of replies, samples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auroram.report.charts import Labels, interval_chart
from auroram.report.figure import Figure, rows_by_language, table_by_language, tick_share
from auroram.report.findings import Findings, full_name, in_order
from auroram.report.learning import model_colours

RATES = {
    "refusal_rate": ("Harmful requests refused", "Right is better."),
    "over_refusal_rate": ("Benign look-alikes refused", "Left is better."),
    "answer_rate": ("Benign look-alikes answered", "Right is better."),
    "reply_language_rate": ("Replies in the language of the request", "Right is better."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One prompt and what each model made of it."""

    tag: str
    """BCP 47 tag of the prompt, for the page's `lang` attribute."""
    language: str
    form: str
    """`reply` to a request in the chat template, or `continuation` of a text."""
    prompt: str
    replies: Sequence[tuple[str, str]]
    """Pairs of model and reply."""


def rate_figures(findings: Findings) -> Iterator[Figure]:
    """One figure for each rate that was measured."""
    shades = model_colours(findings)
    for measure, (heading, reading) in RATES.items():
        here = [one for one in findings.measurements(measure) if one.split == "safety-test"]
        if here:
            labels = Labels(
                title=heading, description=reading, number=tick_share, axis="share of requests"
            )
            yield Figure(
                heading=heading,
                picture=interval_chart(rows_by_language(here), shades, labels),
                caption=f"{reading} Lines are 95 % Clopper-Pearson intervals.",
                table=table_by_language(here, heading.lower()),
                legend={one.stage: shades[one.stage] for one in here},
            )


def samples(findings: Findings) -> list[Sample]:
    """Greedy replies side by side, in the page's order of languages."""
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for stage in findings.of_kind("evaluate"):
        for record in findings.records(stage, "samples.jsonl"):
            key = (record["language"], record["form"], record["prompt"])
            found.setdefault(key, []).append((record["model"], record["reply"]))
    rank = {name: index for index, name in enumerate(in_order([key[0] for key in found]))}
    return [
        Sample(
            tag=language, language=full_name(language), form=form, prompt=prompt, replies=replies
        )
        for (language, form, prompt), replies in sorted(
            found.items(), key=lambda item: rank[item[0][0]]
        )
    ]
