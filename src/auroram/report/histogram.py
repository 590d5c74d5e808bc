"""Histograms in rows under one another on one axis, with the bounds drawn in."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.report.charts import Labels
from auroram.report.svg import WIDTH, Picture, Scale

_NAMES, _SHARES, _TOP, _BOTTOM, _ROW = 82, 50, 8, 36, 40
_BARS = 56
_TAIL = 0.0005
"""Share of the documents at each end that may lie outside of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Maps figures to shares of the axis and back."""

    low: float = 0.0
    high: float = 1.0
    logarithmic: bool = False

    def share(self, figures: NDArray[np.float32]) -> NDArray[np.float64]:
        """Where figures lie between `low` (0) and `high` (1); beyond them where they are."""
        low, high = self._place(self.low), self._place(self.high)
        wide = figures.astype(np.float64)
        places = np.log10(np.maximum(wide, self.low)) if self.logarithmic else wide
        return np.asarray((places - low) / (high - low))

    def value(self, share: float) -> float:
        """The figure at a share of the axis."""
        low, high = self._place(self.low), self._place(self.high)
        place = low + share * (high - low)
        return float(10.0**place) if self.logarithmic else float(place)

    def _place(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One histogram: documents in equal bins from the axis' low to its high."""

    within: NDArray[np.int64]
    """Documents that keep the bounds."""
    beyond: NDArray[np.int64]
    """Documents that do not."""
    bounds: Sequence[float]

    @property
    def beyond_share(self) -> float:
        """Share of the documents beyond the bounds, in [0, 1]."""
        total = int(self.within.sum() + self.beyond.sum())
        return int(self.beyond.sum()) / total if total else 0.0


def histogram_chart(rows: Mapping[str, Row], axis: Axis, labels: Labels) -> str:
    """The rows in one picture: within the bounds in one colour, beyond them in another."""
    start, end = _window(rows.values(), axis)
    bottom = _TOP + _ROW * len(rows)
    picture = Picture(bottom + _BOTTOM, title=labels.title, description=labels.description)
    scale = Scale(start, end, _NAMES, WIDTH - _SHARES)
    _ticks(picture, scale, axis, bottom, labels)
    for index, (name, row) in enumerate(rows.items()):
        floor = float(_TOP + _ROW * (index + 1) - 4)
        picture.text((_NAMES - 8, floor - 8), name, "label end")
        picture.text(
            (WIDTH - _SHARES + 6, floor - 8), f"{100 * row.beyond_share:.1f} %", "tick start"
        )
        _draw(picture, row, scale, floor)
        for bound in row.bounds:
            share = float(axis.share(np.array([bound], np.float32))[0])
            if start <= share <= end:
                x = scale(share)
                picture.line((x, floor - _ROW + 6), (x, floor + 2), "bound")
    return picture.markup()


def _window(rows: Collection[Row], axis: Axis) -> tuple[float, float]:
    """The part of the axis that is worth drawing, as shares of it."""
    total = np.sum([row.within + row.beyond for row in rows], axis=0)
    rising = total.cumsum()
    first = int(np.searchsorted(rising, _TAIL * rising[-1], side="right"))
    last = int(np.searchsorted(rising, (1 - _TAIL) * rising[-1])) + 1
    start, end = first / len(total), last / len(total)
    margin = 0.04 * max(end - start, 1 / _BARS)
    cuts = [
        float(axis.share(np.array([bound], np.float32))[0])
        for row in rows
        for bound in row.bounds
        if bound > axis.low
    ]
    # A bound a little beyond all documents is worth seeing; one far away is not.
    near = [cut for cut in cuts if start - (end - start) / 3 < cut < end + (end - start) / 3]
    return max(0.0, min([start, *near]) - margin), min(1.0, max([end, *near]) + margin)


def _draw(picture: Picture, row: Row, scale: Scale, floor: float) -> None:
    bins = len(row.within)
    bars = np.clip(
        (((np.arange(bins) + 0.5) / bins - scale.low) / (scale.high - scale.low) * _BARS),
        0,
        _BARS - 1,
    ).astype(np.int64)
    within = np.bincount(bars, row.within, _BARS)
    both = within + np.bincount(bars, row.beyond, _BARS)
    tallest = math.sqrt(both.max()) or 1.0
    # The whole in the colour of what is dropped, then what is kept over it.
    for counts, kind in ((both, "area beyond"), (within, "area within")):
        heights = np.sqrt(counts) / tallest * (_ROW - 8)
        width = (scale.end - scale.start) / _BARS
        outline = [(scale.start, floor)]
        for bar, height in enumerate(heights.tolist()):
            left = scale.start + bar * width
            outline += [(left, floor - height), (left + width, floor - height)]
        picture.path([*outline, (scale.end, floor)], kind, closed=True)


def _ticks(picture: Picture, scale: Scale, axis: Axis, bottom: float, labels: Labels) -> None:
    for value in _round_values(scale, axis):
        x = scale(float(axis.share(np.array([value], np.float32))[0]))
        picture.line((x, _TOP), (x, bottom), "grid")
        picture.text((x, bottom + 14), labels.number(value), "tick middle")
    picture.text(((scale.start + scale.end) / 2, bottom + 30), labels.axis, "axis middle")


def _round_values(scale: Scale, axis: Axis) -> list[float]:
    low, high = axis.value(scale.low), axis.value(scale.high)
    if not axis.logarithmic:
        return Scale(low, high, 0.0, 1.0).ticks(4)
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    return [10.0**power for power in powers]
