"""What a section of the page is made of, and how figures are written as words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from auroram.records.measurement import Measurement
from auroram.report.charts import Mark
from auroram.report.findings import called, full_name, in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of words under headings; numbers are already written as words."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture, what it shows, and the numbers behind it."""

    heading: str
    picture: str
    caption: str
    table: Table
    legend: Mapping[str, str] = field(default_factory=dict)
    """Name of a series to its colour class; empty where the picture names them itself."""


def change(value: float) -> str:
    """A share with its sign and one decimal, as in a table."""
    return signed(f"{100 * value:+.1f} %")


def tick_change(value: float) -> str:
    """A share with its sign and no needless decimals, as on an axis."""
    return signed(f"{round(100 * value, 6):+g} %") if value else "0 %"


def signed(number: str) -> str:
    """A written number with the minus sign of typography."""
    return number.replace("-", "\N{MINUS SIGN}")


def share(value: float) -> str:
    """A share without a sign; only none and all are `0 %` and `100 %`.

    >>> share(0.25), share(0.0), share(0.003), share(0.9969)
    ('25 %', '0 %', '0.3 %', '99.7 %')
    """
    percent = 100 * value
    decimals = 0
    while decimals < _MOST_DECIMALS and _hides(percent, decimals):
        decimals += 1
    return f"{percent:.{decimals}f} %"


_MOST_DECIMALS = 4


def _hides(percent: float, decimals: int) -> bool:
    """Whether so few decimals make none or all of what is neither."""
    return round(percent, decimals) in {0, 100} and percent not in {0, 100}


def tick_share(value: float) -> str:
    """A share as on an axis, where steps may be small: 0.005 is `0.5 %`."""
    return f"{100 * value:.4g} %"


def p_value(value: float) -> str:
    """A p value to two digits; below what double precision tells, only that.

    >>> p_value(0.0391), p_value(8.7e-19)
    ('0.039', '<1e-9')
    """
    return "<1e-9" if value < 1e-9 else f"{value:.2g}"


def estimate(one: Measurement) -> str:
    """A measurement in words: value, 95 % interval, number of items."""
    if one.value is None:
        return f"insufficient evidence (n = {one.n})"
    write = _writer(one)
    if one.low is None or one.high is None:
        return f"{write(one.value)} (n = {one.n})"
    return f"{write(one.value)} ({write(one.low)} to {write(one.high)}; n = {one.n})"


def _writer(one: Measurement) -> Callable[[float], str]:
    if one.unit != "share":
        return "{:.3f}".format
    return change if one.measure.endswith("_change") else share


def rows_by_language(measurements: Sequence[Measurement]) -> dict[str, list[Mark]]:
    """The rows of an interval chart: a language each, a mark for each model."""
    return {
        called(language): [
            Mark(
                series=one.stage,
                value=one.value,
                low=one.low,
                high=one.high,
                tip=f"{one.stage}, {full_name(language)}: {estimate(one)}",
            )
            for one in measurements
            if one.language == language and one.value is not None
        ]
        for language in in_order([one.language for one in measurements])
    }


def table_by_language(measurements: Sequence[Measurement], heading: str) -> Table:
    """The same measurements as words: languages down, models across."""
    models = list(dict.fromkeys(one.stage for one in measurements))
    words = {(one.language, one.stage): estimate(one) for one in measurements}
    return Table(
        headings=[heading, *models],
        rows=[
            [full_name(language), *(words.get((language, model), "") for model in models)]
            for language in in_order([one.language for one in measurements])
        ],
    )
