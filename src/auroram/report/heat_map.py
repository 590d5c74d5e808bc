"""Checkpoint by language: how far each model is from the base, in one glance."""

from collections.abc import Iterator, Sequence

from auroram.records.canonical import Json
from auroram.report.amounts import amount
from auroram.report.charts import Labels
from auroram.report.figure import Figure, Table, change, tick_change
from auroram.report.findings import called, full_name, in_order
from auroram.report.learning import split_name
from auroram.report.svg import WIDTH, Picture

_NAMES, _TOP, _ROW = 74, 30, 21
_COLUMNS = 6
"""Languages that a picture has room for."""


def heat_maps(points: Sequence[Json]) -> Iterator[Figure]:
    """A row for each model but the base, a column for each language, six languages a figure.

    Args:
        points: changes of one measure on one set.
    """
    columns = in_order([one["language"] for one in points])
    deepest = max((abs(one["change"] or 0.0) for one in points), default=0.0) or 1.0
    for start in range(0, len(columns), _COLUMNS):
        here = columns[start : start + _COLUMNS]
        yield _heat_map([one for one in points if one["language"] in here], here, deepest)


def _heat_map(points: Sequence[Json], columns: Sequence[str], deepest: float) -> Figure:
    split = split_name(points[0]["split"])
    trained = [one for one in points if one["change"] is not None]
    rows = sorted({one["tokens"] for one in trained})
    labels = Labels(
        title=f"Change in bits per byte by checkpoint and language, {split}",
        description="Green is better than the base, orange worse; the depth is the size.",
        number=tick_change,
        axis="",
    )
    words = {(one["tokens"], one["language"]): _exact(one) for one in trained}
    return Figure(
        heading=f"Checkpoint by language: {split}",
        picture=_picture(trained, rows, columns, labels, deepest),
        caption="Change in bits per byte against the base. Green is better, orange worse; a star "
        "marks an interval that leaves no change out.",
        table=Table(
            headings=["tokens", *map(called, columns)],
            rows=[
                [f"{row:,}", *(words.get((row, column), "") for column in columns)] for row in rows
            ],
        ),
    )


def _picture(
    points: Sequence[Json],
    rows: Sequence[int],
    columns: Sequence[str],
    labels: Labels,
    deepest: float,
) -> str:
    height = _TOP + _ROW * len(rows) + 6
    picture = Picture(height, title=labels.title, description=labels.description)
    width = (WIDTH - _NAMES) / max(1, len(columns))
    for column, name in enumerate(columns):
        picture.text((_NAMES + width * (column + 0.5), _TOP - 10), name, "label middle")
    for index, row in enumerate(rows):
        picture.text((_NAMES - 8, _TOP + _ROW * index + 14.5), amount(row), "label end")
    for one in points:
        x = _NAMES + width * columns.index(one["language"])
        y = _TOP + _ROW * rows.index(one["tokens"])
        picture.cell(
            (x + 1, y + 1),
            (width - 2, _ROW - 2.0),
            f"cell {'kept' if one['change'] < 0 else 'dropped'}",
            share=abs(one["change"]) / deepest,
            tip=f"{full_name(one['language'])}, {row_name(one)}: {_exact(one)}",
        )
        star = "*" if _is_sure(one) else ""
        picture.text((x + width / 2, y + 14.5), change(one["change"]) + star, "tick label middle")
    return picture.markup()


def row_name(one: Json) -> str:
    """A checkpoint in words."""
    return f"{one['model']}, {amount(one['tokens'])} tokens"


def _is_sure(one: Json) -> bool:
    low, high = one["change_low"], one["change_high"]
    return low is not None and not low <= 0 <= high


def _exact(one: Json) -> str:
    if one["change_low"] is None:
        return f"{change(one['change'])} (n = {one['n']})"
    ends = f"{change(one['change_low'])} to {change(one['change_high'])}"
    return f"{change(one['change'])} ({ends}; n = {one['n']})"
