"""How far the weights of each part of a model have moved, over the tokens of its training."""

from collections import defaultdict

from auroram.report.charts import Course, Labels, course_chart
from auroram.report.figure import Figure, Table, tick_share
from auroram.report.lineage import Lineage


def drift_figure(lineage: Lineage) -> Figure | None:
    """A line for each part; None where no stage wrote more than one record.

    Each stage is measured from the model that it began with, so a line starts anew with a stage.
    """
    lines: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for stage, before, record in lineage.records("drift.jsonl"):
        tokens = before + record["step"] * stage.manifest.settings["batch_tokens"]
        for part, moved in record["drift"].items():
            lines[part].append((tokens, moved))
    if not any(len(points) > 1 for points in lines.values()):
        return None
    labels = Labels(
        title=f"Drift of the weights over tokens{lineage.mark}",
        description="One line for each part of the model.",
        number=tick_share,
        axis="relative distance",
    )
    return Figure(
        heading=f"Drift of the weights{lineage.mark}",
        picture=course_chart(
            {part: Course(line=points, dots=points) for part, points in lines.items()},
            {part: f"s{index % 9}" for index, part in enumerate(lines)},
            labels,
            borders=lineage.borders(),
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
