"""The pictures of a run. Each takes plain values and answers with SVG text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from auroram.report.amounts import amount
from auroram.report.svg import WIDTH, Picture, Scale

LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 34
LABELS = 90
"""Width kept at the right of a line chart for the names of its lines."""
NAMES = 82
"""Width kept at the left of a row chart for the names of its rows."""
ROW, BAR = 19, 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An estimate with its interval, in one row of an interval chart."""

    series: str
    value: float
    low: float | None
    high: float | None
    tip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a chart is called and how its numbers are written."""

    title: str
    description: str
    number: Callable[[float], str]
    axis: str
    across: str = "tokens trained on"
    """What lines run over."""


def interval_chart(
    rows: Mapping[str, Sequence[Mark]], colours: Mapping[str, str], labels: Labels
) -> str:
    """Rows of dots with whiskers on one axis, which always shows zero."""
    ends = [end for marks in rows.values() for mark in marks for end in _ends(mark)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    pad = 0.05 * (high - low or 1)
    scale = Scale(low - pad * (low < 0), high + pad, NAMES, WIDTH - RIGHT - 8)
    heights = [max(1, len(marks)) * ROW + 10 for marks in rows.values()]
    bottom = TOP + sum(heights)
    picture = _framed(bottom + BOTTOM, labels)
    _value_axis(picture, scale, (TOP, bottom), labels)
    y = float(TOP)
    for (name, marks), height in zip(rows.items(), heights, strict=True):
        picture.text((NAMES - 8, y + height / 2 + 4), name, "label end")
        for index, mark in enumerate(marks):
            _draw_mark(picture, scale, y + 5 + ROW * (index + 0.5), mark, colours[mark.series])
        y += height
    return picture.markup()


def _ends(mark: Mark) -> list[float]:
    return [end for end in (mark.value, mark.low, mark.high) if end is not None]


def _draw_mark(picture: Picture, scale: Scale, y: float, mark: Mark, colour: str) -> None:
    if mark.low is not None and mark.high is not None:
        picture.line((scale(mark.low), y), (scale(mark.high), y), f"whisker {colour}")
    picture.dot((scale(mark.value), y), f"dot {colour}", tip=mark.tip)


def _value_axis(picture: Picture, scale: Scale, span: tuple[float, float], labels: Labels) -> None:
    top, bottom = span
    for tick in scale.ticks(4):
        kind = "zero" if tick == 0 else "grid"
        picture.line((scale(tick), top), (scale(tick), bottom), kind)
        picture.text((scale(tick), bottom + 14), labels.number(tick), "tick middle")
    picture.text(((scale.start + scale.end) / 2, bottom + 29), labels.axis, "axis middle")


Points = Sequence[tuple[float, float]]


def line_chart(
    lines: Mapping[str, Points],
    colours: Mapping[str, str],
    labels: Labels,
    *,
    borders: Mapping[str, float],
) -> str:
    """Lines over tokens, each named at its end; `borders` names where a stage begins."""
    height = 250.0
    bottom = height - BOTTOM
    every = [point for points in lines.values() for point in points]
    across, up = _scales(every, (LEFT, WIDTH - LABELS), (bottom, TOP + 8))
    picture = _framed(height, labels)
    _level_axis(picture, up, (across.start, across.end), labels)
    _axis_across(picture, across, bottom, labels)
    _borders(picture, across, bottom, borders)
    for name, points in lines.items():
        picture.path([(across(x), up(y)) for x, y in points], f"line {colours[name]}")
    _line_names(picture, lines, colours, (across, up))
    return picture.markup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A figure over tokens in one chart: a line, its band, and dots where it was measured."""

    line: Points = ()
    band: Sequence[tuple[float, float, float]] = ()
    """Place, lower and upper end."""
    dots: Points = ()
    kind: str = "line"
    """Class of the line: `line`, or `law` for one that was fitted."""

    def points(self) -> list[tuple[float, float]]:
        """All that must be in sight."""
        ends = [(x, y) for x, low, high in self.band for y in (low, high)]
        return [*self.line, *self.dots, *ends]


def course_chart(
    courses: Mapping[str, Course],
    colours: Mapping[str, str],
    labels: Labels,
    *,
    borders: Mapping[str, float],
) -> str:
    """Lines with bands over tokens, each named at its end; zero is marked where it is in sight."""
    height = 250.0
    bottom = height - BOTTOM
    every = [point for one in courses.values() for point in one.points()]
    across, up = _scales(every, (LEFT, WIDTH - LABELS), (bottom, TOP + 8))
    picture = _framed(height, labels)
    _level_axis(picture, up, (across.start, across.end), labels)
    _axis_across(picture, across, bottom, labels)
    if up.low < 0 < up.high:
        picture.line((across.start, up(0)), (across.end, up(0)), "zero")
    _borders(picture, across, bottom, borders)
    for name, one in courses.items():
        outline = [(x, high) for x, _, high in one.band] + [
            (x, low) for x, low, _ in one.band[::-1]
        ]
        picture.path([(across(x), up(y)) for x, y in outline], f"band {colours[name]}", closed=True)
    for name, one in courses.items():
        picture.path([(across(x), up(y)) for x, y in one.line], f"{one.kind} {colours[name]}")
        for x, y in one.dots:
            tip = f"{name}, {amount(x)} tokens: {labels.number(y)}"
            picture.dot((across(x), up(y)), f"dot {colours[name]}", tip=tip, radius=3)
    _line_names(picture, {name: one.line for name, one in courses.items()}, colours, (across, up))
    return picture.markup()


def _borders(picture: Picture, across: Scale, bottom: float, borders: Mapping[str, float]) -> None:
    for name, start in borders.items():
        picture.line((across(start), TOP), (across(start), bottom), "border")
        picture.text((across(start) + 4, TOP + 8), name, "tick start")


def _line_names(
    picture: Picture,
    lines: Mapping[str, Points],
    colours: Mapping[str, str],
    scales: tuple[Scale, Scale],
) -> None:
    """The name of each line at its end."""
    across, up = scales
    ends = {name: up(points[-1][1]) for name, points in lines.items() if points}
    for name, y in _spread(ends, TOP + 6, up.start).items():
        picture.text((across.end + 6, y + 4), name, f"label start {colours[name]}")


def _scales(
    points: Points, across: tuple[float, float], up: tuple[float, float]
) -> tuple[Scale, Scale]:
    xs, ys = [x for x, _ in points] or [0, 1], [y for _, y in points] or [0, 1]
    pad = 0.06 * (max(ys) - min(ys) or 1)
    return (
        Scale(min(0, *xs), max(xs), *across),
        Scale(min(ys) - pad, max(ys) + pad, *up),
    )


def _spread(places: Mapping[str, float], top: float, bottom: float) -> dict[str, float]:
    """The places moved apart so that names 13 units high do not cover one another."""
    result: dict[str, float] = {}
    floor = top - 13
    for name, y in sorted(places.items(), key=lambda item: item[1]):
        floor = max(y, floor + 13)
        result[name] = floor
    ceiling = bottom
    for name, y in reversed(result.items()):
        result[name] = min(y, ceiling)
        ceiling = result[name] - 13
    return result


def area_chart(shares: Mapping[str, Points], colours: Mapping[str, str], labels: Labels) -> str:
    """Shares of a whole over tokens, stacked from the bottom in the order given."""
    height = 230.0
    bottom = height - BOTTOM
    xs = [x for x, _ in next(iter(shares.values()), ())] or [0.0, 1.0]
    across = Scale(0.0, max(xs), LEFT, WIDTH - LABELS)
    up = Scale(0.0, 1.0, bottom, TOP)
    picture = _framed(height, labels)
    below = [0.0] * len(xs)
    ends: dict[str, float] = {}
    for name, points in shares.items():
        above = [base + share for base, (_, share) in zip(below, points, strict=True)]
        outline = [(across(x), up(y)) for x, y in zip(xs, above, strict=True)]
        under = [(across(x), up(y)) for x, y in zip(xs, below, strict=True)]
        picture.path(outline + under[::-1], f"area {colours[name]}", closed=True)
        if points and points[-1][1] > 0:
            ends[name] = up((above[-1] + below[-1]) / 2)
        below = above
    for name, y in _spread(ends, TOP + 6, bottom).items():
        picture.text((across.end + 6, y + 4), name, f"label start {colours[name]}")
    _level_axis(picture, up, (across.start, across.end), labels)
    _axis_across(picture, across, bottom, labels)
    return picture.markup()


def bar_chart(
    rows: Mapping[str, Mapping[str, float]], colours: Mapping[str, str], labels: Labels
) -> str:
    """Stacked bars, one a row, each as long as its parts together are to the longest row."""
    longest = max([sum(parts.values()) for parts in rows.values()] or [1.0]) or 1.0
    scale = Scale(0.0, longest, NAMES, WIDTH - RIGHT - 8)
    bottom = TOP + len(rows) * (BAR + 8)
    picture = _framed(bottom + BOTTOM, labels)
    _value_axis(picture, scale, (TOP, bottom), labels)
    for index, (name, parts) in enumerate(rows.items()):
        y = TOP + index * (BAR + 8) + 4
        picture.text((NAMES - 8, y + BAR - 4), name, "label end")
        start = 0.0
        for part, value in parts.items():
            width = scale(start + value) - scale(start)
            tip = f"{name}, {part}: {labels.number(value)}"
            picture.bar((scale(start), y), (width, BAR), f"bar {colours[part]}", tip=tip)
            start += value
    return picture.markup()


def _framed(height: float, labels: Labels) -> Picture:
    return Picture(height, title=labels.title, description=labels.description)


def _level_axis(picture: Picture, up: Scale, span: tuple[float, float], labels: Labels) -> None:
    for tick in up.ticks(5):
        picture.line((span[0], up(tick)), (span[1], up(tick)), "grid")
        picture.text((span[0] - 6, up(tick) + 4), labels.number(tick), "tick end")


def _axis_across(picture: Picture, across: Scale, bottom: float, labels: Labels) -> None:
    for tick in across.ticks(4):
        picture.text((across(tick), bottom + 14), amount(tick), "tick middle")
    picture.text(((across.start + across.end) / 2, bottom + 29), labels.across, "axis middle")
