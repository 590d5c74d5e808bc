"""The page: asks every section, fills the template, and escapes whatever it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from auroram.records.manifest import Finished
from auroram.records.measurement import Measurement
from auroram.records.side_cars import SourceTexts, no_source_texts
from auroram.report.assessment import assessments
from auroram.report.conduct import rate_figures, samples
from auroram.report.drift import drift_figure
from auroram.report.figure import Figure, change, estimate, share
from auroram.report.findings import Findings, full_name, in_order
from auroram.report.funnel import funnel_figure
from auroram.report.judgement import judgements
from auroram.report.learning import change_figures, mixture_figure, split_name, validation_figure
from auroram.report.ledger import methods, provenance_table, resource_table
from auroram.report.lineage import lineages
from auroram.report.memory import memory_figures, personal_data
from auroram.report.series import every_series
from auroram.report.sweep import sweep_figures
from auroram.report.tasks import task_sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One figure at the top of the page."""

    value: str
    meaning: str
    detail: str
    good: bool


def render(title: str, stages: Mapping[str, Finished], texts: SourceTexts = no_source_texts) -> str:
    """The whole page as HTML.

    Args:
        title: heading of the page; empty for one that tells what was done.
        stages: the finished stages, in order; sections without data are left out.
        texts: reads documents that were dropped again; without it they are shown by id alone.
    """
    findings = Findings(stages)
    folder = files("auroram.report")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["svg"] = Markup  # made by svg.py, which escapes by construction
    template = environment.from_string((folder / "page.html.jinja").read_text("utf-8"))
    return template.render(
        title=title or ("What the model learned" if findings.models() else "What was curated"),
        style=Markup((folder / "page.css").read_text("utf-8")),
        models=findings.models(),
        notices=findings.notices(),
        headlines=headlines(findings),
        changes=list(change_figures(findings)),
        series=every_series(findings),
        tasks=task_sections(findings),
        training=_present(
            [
                figure(lineage)
                for lineage in lineages(findings)
                for figure in (validation_figure, mixture_figure, drift_figure)
            ]
        ),
        sweeps=list(sweep_figures(findings)),
        corpus=_present([funnel_figure(findings)]),
        judgements=judgements(findings, texts),
        rates=list(rate_figures(findings)),
        assessments=assessments(findings),
        memory=list(memory_figures(findings)),
        personal_data=personal_data(findings),
        samples=samples(findings),
        resources=resource_table(findings),
        methods=methods(findings),
        provenance=provenance_table(findings),
    )


def _present(figures: Sequence[Figure | None]) -> list[Figure]:
    return [figure for figure in figures if figure is not None]


def headlines(findings: Findings) -> list[Headline]:
    """The change of the last model in each test set: what it learned, what it lost."""
    models = findings.models()
    changes = [
        one
        for one in findings.measurements("bits_per_byte_change")
        if one.stage == models[-1] and one.value is not None
    ]
    result: list[Headline] = []
    known = findings.known_before()
    for split in dict.fromkeys(one.split for one in changes):
        here = [one for one in changes if one.split == split]
        learned = [one for one in here if one.language not in known]
        kept = [one for one in here if one.language in known]
        result += [_range(learned, split)] if learned else []
        result += [_single(one, split) for one in kept if split != "held-out"]
    return result + _conduct(findings)


def _range(changes: Sequence[Measurement], split: str) -> Headline:
    ordered = sorted(changes, key=lambda one: one.value or 0.0)
    best, worst = ordered[0].value or 0.0, ordered[-1].value or 0.0
    names = ", ".join(full_name(name) for name in in_order([one.language for one in changes]))
    return Headline(
        value=f"{change(best)} to {change(worst)}",
        meaning=f"bits per byte, {names}",
        detail=split_name(split),
        good=worst < 0,
    )


def _conduct(findings: Findings) -> list[Headline]:
    """How often the first and the last model refused, over all languages."""
    return [
        Headline(
            value=f"{share(first.value)} to {share(last.value)}",
            meaning=heading.lower(),
            detail=f"{first.stage}: {estimate(first)}; {last.stage}: {estimate(last)}",
            good=(last.value >= first.value) == rises,
        )
        for measure, heading, rises in (
            ("refusal_rate", "Harmful requests refused", True),
            ("over_refusal_rate", "Benign look-alikes refused", False),
        )
        for first, last in _first_and_last(findings, measure)
        if first.value is not None and last.value is not None
    ]


def _first_and_last(findings: Findings, measure: str) -> list[tuple[Measurement, Measurement]]:
    pooled = [
        one
        for one in findings.measurements(measure)
        if one.language == "all" and one.split == "safety-test"
    ]
    return [(pooled[0], pooled[-1])] if len(pooled) > 1 else []


def _single(one: Measurement, split: str) -> Headline:
    return Headline(
        value=change(one.value or 0.0),
        meaning=f"bits per byte, {full_name(one.language)}",
        detail=f"{split_name(split)}: {estimate(one)}",
        good=one.low is None or one.low <= 0,
    )
