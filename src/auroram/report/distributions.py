"""How signals are spread in each language, and where the bounds cut.

One pass over the side-cars, a row group at a time; memory holds fine histograms: 16 kB for each
signal and language.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.records.side_cars import figure_names, judged_tables
from auroram.report.amounts import amount
from auroram.report.bounds import Bounds, bound_tables, bounds_on, busy_rules
from auroram.report.charts import Labels
from auroram.report.figure import Figure, Table
from auroram.report.findings import called, full_name, in_order
from auroram.report.histogram import Axis, Row, histogram_chart

_FINE = 1000
"""Bins in which figures are counted; a chart draws fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A signal as the page shows it."""

    heading: str
    axis: Axis
    unit: str
    meaning: str
    """What lies at the ends."""


SHOWN: Mapping[str, Spread] = {
    "characters": Spread(
        heading="Length",
        axis=Axis(low=1.0, high=1e7, logarithmic=True),
        unit="characters",
        meaning="Short pages are headings and menus; very long ones are dumps.",
    ),
    "mean_line": Spread(
        heading="Mean line",
        axis=Axis(low=1.0, high=1e5, logarithmic=True),
        unit="characters a line",
        meaning="Pages of very short lines are menus, tables and word lists.",
    ),
    "mean_unit": Spread(
        heading="Mean unit",
        axis=Axis(low=0.0, high=30.0),
        unit="characters a unit",
        meaning="A unit is a word in spaced scripts, a Han character, a pair of kana.",
    ),
    "letter_share": Spread(
        heading="Letters",
        axis=Axis(),
        unit="share of visible characters",
        meaning="What has few letters is numbers, symbols or markup.",
    ),
    "symbol_share": Spread(
        heading="Symbols",
        axis=Axis(),
        unit="share of visible characters",
        meaning="Punctuation and the like; programs have more of it.",
    ),
    "duplicate_line_share": Spread(
        heading="Repeated lines",
        axis=Axis(),
        unit="share of characters",
        meaning="Text in lines that repeat an earlier one of the same document.",
    ),
    "top_2gram_share": Spread(
        heading="Most frequent pair of units",
        axis=Axis(),
        unit="share of characters",
        meaning="Spam and templates say the same two words again and again.",
    ),
    "duplicate_5gram_share": Spread(
        heading="Repeated runs of five units",
        axis=Axis(),
        unit="share of characters",
        meaning="Text in runs that came before in the same document.",
    ),
}
"""The signals that the page always shows, in order; others only where their rule dropped any."""

_COUNT, _SHARE, _RATIO = (
    (Axis(low=1.0, high=1e7, logarithmic=True), "number"),
    (Axis(), "share"),
    (Axis(low=1e-3, high=1e3, logarithmic=True), "for each unit"),
)


def distribution_figures(stage: Finished) -> Iterator[Figure]:
    """One figure for each main signal and each whose rule dropped any, a row for each language."""
    tables = bound_tables(stage)
    spreads = _spreads(stage)
    counts = _counted(stage, tables, spreads)
    for signal, spread in spreads.items():
        domains = in_order([domain for domain, name in counts if name == signal])
        if domains:
            found = {domain: counts[domain, signal] for domain in domains}
            limits = {domain: bounds_on(signal, tables[domain]) for domain in domains}
            yield _figure(spread, found, limits)


@dataclass(slots=True)
class _Count:
    """How many documents lie in each fine bin: those within the bounds, those beyond."""

    bins: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, _FINE), np.int64))
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(_FINE))
    """Of the figures in each bin."""

    def add(self, figures: NDArray[np.float32], axis: Axis, bounds: Bounds) -> None:
        places = np.clip(axis.share(figures) * _FINE, 0, _FINE - 1).astype(np.int64)
        beyond = bounds.refused(figures)
        self.bins[0] += np.bincount(places[~beyond], minlength=_FINE)
        self.bins[1] += np.bincount(places[beyond], minlength=_FINE)
        self.sums += np.bincount(places, figures, _FINE)

    def median(self) -> float:
        """The mean of the figures in the bin that holds the middle one, to four decimals.

        So it is 0 where the middle one is, and not half a bin.
        """
        counts = self.bins.sum(axis=0)
        rising = counts.cumsum()
        middle = np.searchsorted(rising, rising[-1] / 2)
        return round(float(self.sums[middle] / counts[middle]), 4)


def _spreads(stage: Finished) -> dict[str, Spread]:
    """The signals to show of those that the stage measured, in order."""
    dropped: Counter[str] = Counter()
    for rules in busy_rules(stage).values():
        for rule in rules:
            dropped[rule.signal] += rule.dropped
    busy = sorted(dropped, key=lambda signal: -dropped[signal])
    spreads = {signal: SHOWN.get(signal) or _spread(signal) for signal in [*SHOWN, *busy]}
    measured = figure_names(stage.folder)
    return {signal: spread for signal, spread in spreads.items() if signal in measured}


def _spread(signal: str) -> Spread:
    """A signal of which the page says no more than its name."""
    kinds = {"share": _SHARE, "score": _SHARE, "ratio": _RATIO}
    axis, unit = kinds.get(signal.rpartition("_")[2], _COUNT)
    words = signal.replace("_", " ")
    return Spread(
        heading=words[0].upper() + words[1:],
        axis=axis,
        unit=unit,
        meaning="Shown because a rule on it dropped documents here.",
    )


def _counted(
    stage: Finished, tables: Mapping[str, Json], shown: Mapping[str, Spread]
) -> dict[tuple[str, str], _Count]:
    counts: dict[tuple[str, str], _Count] = {}
    for rows in judged_tables(stage.folder, ["language"], list(shown)) if shown else ():
        for domain in tables:
            here: pa.Table = rows.filter(pc.equal(rows["language"], domain))
            for signal, spread in shown.items() if len(here) else ():
                count = counts.setdefault((domain, signal), _Count())
                bounds = bounds_on(signal, tables[domain])
                count.add(here[signal].to_numpy(), spread.axis, bounds)
    return counts


def _figure(spread: Spread, counts: Mapping[str, _Count], bounds: Mapping[str, Bounds]) -> Figure:
    labels = Labels(
        title=spread.heading,
        description=f"Distribution of documents over {spread.unit}, by language.",
        number=amount,
        axis=spread.unit,
    )
    rows = {
        called(domain): Row(
            within=count.bins[0],
            beyond=count.bins[1],
            bounds=tuple(
                bound
                for bound in (bounds[domain].lowest, bounds[domain].highest)
                if bound is not None
            ),
        )
        for domain, count in counts.items()
    }
    return Figure(
        heading=spread.heading,
        picture=histogram_chart(rows, spread.axis, labels),
        caption=spread.meaning,
        table=Table(
            headings=["domain", "documents", "median", "lowest", "highest", "beyond"],
            rows=[
                [full_name(domain), *_words(count, bounds[domain])]
                for domain, count in counts.items()
            ],
        ),
    )


def _words(count: _Count, bounds: Bounds) -> Sequence[str]:
    within, beyond = count.bins.sum(axis=1).tolist()
    lowest, highest = (
        "none" if bound is None else f"{bound:,.10g}" for bound in (bounds.lowest, bounds.highest)
    )
    return [f"{within + beyond:,}", amount(count.median()), lowest, highest, f"{beyond:,}"]
