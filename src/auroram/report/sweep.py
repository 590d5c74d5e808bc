"""What is learnt and what is forgotten over the shares of a merge: a figure for each sweep."""

from collections.abc import Iterator, Sequence

from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.report.charts import Labels, line_chart
from auroram.report.figure import Figure, Table
from auroram.report.findings import Findings, called, in_order, named_colours


def sweep_figures(findings: Findings) -> Iterator[Figure]:
    """Held-out loss of each domain over the share of the trained model."""
    for stage in findings.of_kind("merge-sweep"):
        yield _figure(stage, findings.records(stage, "sweep.jsonl"))


def _figure(stage: Finished, points: Sequence[Json]) -> Figure:
    settings, names = stage.manifest.settings, in_order([one["domain"] for one in points])
    base, model = settings["base"], settings["model"]
    lines = {
        name: [(one["share"], one["nats_per_token"]) for one in points if one["domain"] == name]
        for name in names
    }
    labels = Labels(
        title=f"Held-out loss between {base} and {model}",
        description="One line for each domain over shares of the trained model; lower is better.",
        number="{:g}".format,
        axis="nats per token",
        across=f"share of {model}",
    )
    return Figure(
        heading=f"Between {base} and {model}",
        picture=line_chart(
            {called(name): line for name, line in lines.items()},
            named_colours(names),
            labels,
            borders={},
        ),
        caption="Nats per token on held-out rows of each domain. Tokens of different languages "
        "hold different amounts of text: compare a line with itself.",
        table=Table(
            headings=["share", *map(called, names)],
            rows=[
                [f"{share:g}", *(f"{dict(lines[name])[share]:.3f}" for name in names)]
                for share, _ in lines[names[0]]
            ],
        ),
    )
