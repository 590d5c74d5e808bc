"""SVG by elements, never by pasting strings: whatever text goes in comes out escaped.

Colours are classes (`s0`, `s1`, ...) that the page's style sheet sets for light and dark.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

WIDTH = 420
"""Width of every picture in its own units, so that text stays readable on a phone."""


class Picture:
    """One SVG under construction."""

    def __init__(self, height: float, *, title: str, description: str) -> None:
        self._root = ET.Element(
            "svg",
            viewBox=f"0 0 {WIDTH} {height:g}",
            role="img",
            xmlns="http://www.w3.org/2000/svg",
        )
        ET.SubElement(self._root, "title").text = title
        ET.SubElement(self._root, "desc").text = description

    def line(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
        """A straight line of a class of the style sheet."""
        (x1, y1), (x2, y2) = start, end
        self._add("line", kind, x1=x1, y1=y1, x2=x2, y2=y2)

    def path(
        self, points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False
    ) -> None:
        """A line through the points, or the area that they enclose."""
        if points:
            steps = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            ET.SubElement(
                self._root, "path", {"d": f"M{steps}{'Z' if closed else ''}", "class": kind}
            )

    def dot(self, at: tuple[float, float], kind: str, *, tip: str, radius: float = 4.5) -> None:
        """A point that tells its value when it is pointed at."""
        circle = self._add("circle", kind, cx=at[0], cy=at[1], r=radius)
        ET.SubElement(circle, "title").text = tip

    def bar(
        self, at: tuple[float, float], size: tuple[float, float], kind: str, *, tip: str
    ) -> None:
        """A rectangle that tells its value when it is pointed at."""
        shape = self._add("rect", kind, x=at[0], y=at[1], width=size[0], height=size[1])
        ET.SubElement(shape, "title").text = tip

    def cell(
        self,
        at: tuple[float, float],
        size: tuple[float, float],
        kind: str,
        *,
        share: float,
        tip: str,
    ) -> None:
        """A rectangle as opaque as its share of a whole, in [0, 1], but never invisible."""
        self.bar(at, size, kind, tip=tip)
        self._root[-1].set("fill-opacity", f"{0.06 + 0.4 * min(1.0, share) ** 0.5:.3f}")

    def text(self, at: tuple[float, float], words: str, kind: str) -> None:
        """Words at a place; the class says how they are anchored (`start`, `middle`, `end`)."""
        self._add("text", kind, x=at[0], y=at[1]).text = words

    def markup(self) -> str:
        """The picture as SVG text."""
        return ET.tostring(self._root, encoding="unicode")

    def _add(self, name: str, kind: str, **numbers: float) -> ET.Element:
        attributes = {key: f"{value:.1f}" for key, value in numbers.items()}
        return ET.SubElement(self._root, name, attributes | {"class": kind})


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map from values to places in the picture."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where the value lies; values beyond the ends are drawn at the ends."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)

    def ticks(self, wanted: int = 5) -> list[float]:
        """Round values between the ends, about as many as wanted."""
        step = round_step((self.high - self.low) / max(1, wanted))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(index * step, 10) for index in range(first, last + 1)]


def round_step(raw: float) -> float:
    """The smallest of 1, 2, 5, 10 times a power of ten that is not below `raw`; 1 for nothing."""
    if raw <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw - 1e-12)
