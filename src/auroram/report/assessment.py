"""The assessment on the page: attack success with its doubt, comparisons, and the matrix."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.report.charts import Labels, Mark, interval_chart
from auroram.report.figure import Figure, Table, p_value, share, tick_share
from auroram.report.findings import Findings, called, full_name, in_order
from auroram.report.learning import model_colours

MEASURES = {
    "attack_success_rate": ("Harmful requests done", "Left is better."),
    "harmful_refusal_rate": ("Harmful requests refused", "Right is better."),
    "benign_refusal_rate": ("Benign look-alikes refused", "Left is better."),
    "explained_refusal_rate": ("Refusals that are explained", "Right is better."),
    "right_language_rate": ("Replies in the language of the request", "Right is better."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One assessment stage."""

    stage: str
    figures: list[Figure]
    verdicts: str
    """How the comparisons came out, in words; empty where there are none."""
    comparisons: Table
    coverage: Table


def assessments(findings: Findings) -> list[Assessment]:
    """One for each stage of kind `assess` that is finished."""
    return [
        Assessment(
            stage=stage.manifest.stage,
            figures=list(_figures(findings, stage)),
            verdicts=_verdicts(findings, stage),
            comparisons=_comparisons(findings, stage),
            coverage=_coverage(findings, stage),
        )
        for stage in findings.of_kind("assess")
    ]


def _figures(findings: Findings, stage: Finished) -> Iterator[Figure]:
    """A figure for each set and measure: as judged, with the corrected rate in the table."""
    shades = model_colours(findings)
    rates = [
        one
        for one in findings.records(stage, "rates.jsonl")
        if one["concern"] == one["attack"] == "all" and one["k"] == 1
    ]
    for name in dict.fromkeys(one["set"] for one in rates):
        for measure, (heading, reading) in MEASURES.items():
            here = [one for one in rates if (one["set"], one["measure"]) == (name, measure)]
            if here:
                yield Figure(
                    heading=f"{heading} ({name})",
                    picture=interval_chart(
                        _marks(here),
                        {one["model"]: shades.get(one["model"], "s0") for one in here},
                        Labels(
                            title=heading,
                            description=reading,
                            number=tick_share,
                            axis="share of requests, as judged",
                        ),
                    ),
                    caption=f"{reading} Dots are what the judge said; the table has the rates "
                    "corrected for the judge's measured error, or why there are none.",
                    table=_table(here, heading.lower()),
                    legend={one["model"]: shades.get(one["model"], "s0") for one in here},
                )


def _marks(rates: list[Json]) -> dict[str, list[Mark]]:
    return {
        called(language): [
            Mark(
                series=one["model"],
                value=one["judged"],
                low=one["judged_low"],
                high=one["judged_high"],
                tip=f"{one['model']}, {full_name(language)}: {_judged(one)}",
            )
            for one in rates
            if one["language"] == language and one["judged"] is not None
        ]
        for language in in_order([one["language"] for one in rates])
    }


def _table(rates: list[Json], heading: str) -> Table:
    rows = []
    for language in in_order([one["language"] for one in rates]):
        for one in rates:
            if one["language"] == language:
                bounds = f"{share(one['best'])} to {share(one['worst'])}"
                rows.append(
                    [full_name(language), one["model"], _judged(one), _corrected(one), bounds]
                )
    headings = [heading, "model", "as judged", "corrected", "if unscored were no, or yes"]
    return Table(headings=headings, rows=rows)


def _judged(one: Json) -> str:
    if one["judged"] is None:
        return f"nothing scored (n = {one['n']})"
    ends = f"{share(one['judged_low'])} to {share(one['judged_high'])}"
    return f"{share(one['judged'])} ({ends}; n = {one['scored']} of {one['n']})"


def _corrected(one: Json) -> str:
    if one["value"] is None:
        return f"insufficient evidence: {one['insufficient']}"
    return f"{share(one['value'])} ({share(one['low'])} to {share(one['high'])})"


def _verdicts(findings: Findings, stage: Finished) -> str:
    counts = Counter(one["verdict"] for one in findings.records(stage, "comparisons.jsonl"))
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())


def _comparisons(findings: Findings, stage: Finished) -> Table:
    rows = [
        [
            MEASURES[one["measure"]][0],
            one["set"],
            full_name(one["language"]),
            f"{one['before']} to {one['after']}",
            f"{one['gained']} gained, {one['lost']} lost of {one['n']}",
            p_value(one["p_adjusted"]),
            one["verdict"] + (f": {one['why']}" if one["why"] else ""),
        ]
        for one in findings.records(stage, "comparisons.jsonl")
    ]
    headings = ["measure", "set", "language", "models", "flips", "p (Holm)", "verdict"]
    return Table(headings=headings, rows=rows)


def _coverage(findings: Findings, stage: Finished) -> Table:
    """Requirement and concern down, languages across; a cell is the grade and its number."""
    records = findings.records(stage, "coverage.jsonl")
    languages = in_order([one["language"] for one in records])
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for one in records:
        cell = f"{one['grade']} (n = {one['n']})"
        rows.setdefault((one["requirement"], one["concern"]), {})[one["language"]] = cell
    return Table(
        headings=["requirement", "concern", *(called(language) for language in languages)],
        rows=[
            [requirement or "none named", concern, *(cells.get(tag, "") for tag in languages)]
            for (requirement, concern), cells in rows.items()
        ],
    )
