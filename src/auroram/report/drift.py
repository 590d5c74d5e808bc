"""How far the weights of each part of the model have moved, over the tokens of all stages."""

from collections import defaultdict

from auroram.report.charts import Course, Labels, course_chart
from auroram.report.figure import Figure, Table
from auroram.report.findings import Findings


def drift_figure(findings: Findings) -> Figure | None:
    """A line for each part; None where no stage wrote more than one record.

    Each stage is measured from the model that it began with, so a line starts anew with a stage.
    """
    lines: dict[str, list[tuple[float, float]]] = defaultdict(list)
    before = 0.0
    for stage in findings.of_kind("train"):
        for record in findings.records(stage, "drift.jsonl"):
            tokens = before + record["step"] * stage.manifest.settings["batch_tokens"]
            for part, moved in record["drift"].items():
                lines[part].append((tokens, moved))
        before += stage.manifest.resources.tokens
    if not any(len(points) > 1 for points in lines.values()):
        return None
    labels = Labels(
        title="Drift of the weights over tokens",
        description="One line for each part of the model.",
        number=_percent,
        axis="relative distance",
    )
    return Figure(
        heading="Drift of the weights",
        picture=course_chart(
            {part: Course(line=points, dots=points) for part, points in lines.items()},
            {part: f"s{index % 9}" for index, part in enumerate(lines)},
            labels,
            borders=findings.borders(),
        ),
        caption="Distance of the weights from those that their stage began with, as a share of "
        "their norm.",
        table=Table(
            headings=["part", "last"],
            rows=[[part, _percent(points[-1][1])] for part, points in lines.items()],
        ),
    )


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
