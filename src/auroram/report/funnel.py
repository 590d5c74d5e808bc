"""What became of the text that was read: kept, or dropped and at which step."""

from collections import defaultdict
from collections.abc import Mapping

from auroram.report.amounts import amount
from auroram.report.charts import Labels, bar_chart
from auroram.report.figure import Figure, Table
from auroram.report.findings import Findings, called, full_name, in_order

STEPS = {
    "train": "s5",
    "held-out": "s7",
    "record": "d0",
    "language": "d1",
    "boilerplate": "d2",
    "quality": "d3",
    "exact-duplicate": "d4",
    "near-duplicate": "d5",
}
"""Fates in the order in which the corpus stage decides them, with their colour classes."""

_CAPTION = (
    "Bytes by domain: kept for training or held out, and dropped at each step. What was dropped as "
    "a record, such as a picture in a web archive, counts as it lay in its file. Every dropped "
    "document is a row with its reasons in the corpus stage's decisions."
)


def funnel_figure(findings: Findings) -> Figure | None:
    """Bytes by domain: what was kept and what each step dropped."""
    fates = _fates(findings)
    if not fates:
        return None
    steps = [step for step in STEPS if any(step in parts for parts in fates.values())]
    others = {step for parts in fates.values() for step in parts} - set(STEPS)
    shades = STEPS | dict.fromkeys(others, "d6")
    names = in_order(list(fates))
    order = [*steps, *sorted(others)]
    rows = {
        called(name): {step: fates[name][step] for step in order if step in fates[name]}
        for name in names
    }
    labels = Labels(
        title="Corpus funnel",
        description="Bytes kept and dropped by domain.",
        number=amount,
        axis="bytes",
    )
    return Figure(
        heading="Corpus funnel",
        picture=bar_chart(rows, shades, labels),
        caption=_CAPTION,
        table=Table(
            headings=["domain", *order],
            rows=[
                [full_name(name), *(amount(fates[name].get(step, 0.0)) for step in order)]
                for name in names
            ],
        ),
        legend={step: shades[step] for step in order},
    )


def _fates(findings: Findings) -> Mapping[str, dict[str, float]]:
    fates: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for tally in findings.tallies(lambda one: one.unit == "bytes"):
        if tally.outcome == "dropped":
            fates[tally.domain][tally.step] += tally.value
        elif tally.step == "written":
            fates[tally.domain][tally.outcome] += tally.value
    return fates
