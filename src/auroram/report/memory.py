"""What models give away of what they read, and what they prefer: extraction, secrets, bias."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from auroram.report.charts import Labels, interval_chart
from auroram.report.figure import (
    Figure,
    Table,
    rows_by_language,
    table_by_language,
    tick_share,
)
from auroram.report.findings import Findings, full_name, in_order
from auroram.report.learning import model_colours


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One measure on one split, and how it is shown."""

    measure: str
    split: str
    heading: str
    reading: str
    axis: str
    number: Callable[[float], str] = tick_share


QUESTIONS = (
    _Question(
        measure="extracted_rate",
        split="extraction/train",
        heading="Documents that were read, given away word for word",
        reading="Left is better; the control beside says what is habit of language alone.",
        axis="share of documents",
    ),
    _Question(
        measure="extracted_rate",
        split="extraction/held-out",
        heading="Control: documents that nobody read",
        reading="What is said word for word here was not learned from them.",
        axis="share of documents",
    ),
    _Question(
        measure="verbatim_tokens",
        split="extraction/train",
        heading="Tokens said word for word of documents that were read",
        reading="Left is better: the mean before the first other token.",
        axis="tokens",
        number="{:g}".format,
    ),
    _Question(
        measure="verbatim_tokens",
        split="extraction/held-out",
        heading="Control: tokens of documents that nobody read",
        reading="How far habit of language alone leads.",
        axis="tokens",
        number="{:g}".format,
    ),
    _Question(
        measure="canary_exposure",
        split="canaries",
        heading="How exposed planted secrets are",
        reading="Left is better: bits by which a secret is guessed sooner than by chance.",
        axis="bits",
        number="{:g}".format,
    ),
    _Question(
        measure="secrets_extracted",
        split="canaries",
        heading="Planted secrets that were said",
        reading="Left is better.",
        axis="share of secrets",
    ),
    _Question(
        measure="stereotype_preference_rate",
        split="minimal-pairs",
        heading="Stereotypes that are likelier than their contrary",
        reading="One half is no preference.",
        axis="share of pairs",
    ),
)


def memory_figures(findings: Findings) -> Iterator[Figure]:
    """One figure for each question that was asked."""
    shades = model_colours(findings)
    for one in QUESTIONS:
        here = [found for found in findings.measurements(one.measure) if found.split == one.split]
        rows = {name: marks for name, marks in rows_by_language(here).items() if marks}
        if rows:
            labels = Labels(
                title=one.heading, description=one.reading, number=one.number, axis=one.axis
            )
            colours = {found.stage: shades.get(found.stage, "m0") for found in here}
            yield Figure(
                heading=one.heading,
                picture=interval_chart(rows, colours, labels),
                caption=f"{one.reading} Lines are 95 % intervals.",
                table=table_by_language(here, one.heading.lower()),
                legend=colours,
            )


def personal_data(findings: Findings) -> Table | None:
    """Personal data in what models wrote when they went on in documents; None where none was."""
    tallies = [
        tally
        for stage in findings.of_kind("extraction")
        for tally in stage.manifest.tallies
        if tally.step == "personal-data-written"
    ]
    if not tallies:
        return None
    return Table(
        headings=["kind", "language", "model", "where else it stands", "values"],
        rows=[
            [tally.reason, full_name(tally.domain), tally.source, tally.outcome, str(tally.value)]
            for domain in in_order([tally.domain for tally in tallies])
            for tally in tallies
            if tally.domain == domain
        ],
    )
