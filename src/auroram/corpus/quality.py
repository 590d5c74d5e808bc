"""Which documents are good enough: bounds on the signals, by domain.

A field `lowest_x` or `highest_x` bounds the signal `x` of `text.signals`; a rule is named
`low-x` or `high-x`. Every failing rule is recorded, the first one named with its figure.

Sources: Rae et al. 2021 (Gopher), arXiv:2112.11446, table A1; Penedo et al. 2024 (FineWeb),
arXiv:2406.17557. Their shares are of words on web pages; ours are of units (`text.units`) and
looser, so that technical prose with its tables and fixed phrases stays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from auroram.settings import Count, PositiveFloat, Share, Weight, settings
from auroram.text.signals import Signals


@settings
class Quality:
    """Bounds that a document must keep; shares lie in [0, 1], lengths are in characters."""

    lowest_characters: Count = 100
    """What is left of a shorter page is a heading or a menu."""
    highest_characters: Count = 2_000_000
    lowest_mean_line: Weight = 12.0
    """Pages of very short lines are menus and tables."""
    highest_longest_line: Count = 100_000
    lowest_mean_unit: Weight = 2.5
    """Mean length of a unit (a word, in spaced scripts)."""
    highest_mean_unit: PositiveFloat = 14.0
    lowest_letter_share: Share = 0.7
    highest_digit_share: Share = 0.2
    highest_symbol_share: Share = 0.25
    lowest_ended_line_share: Share = 0.0
    """Least share of lines that end like a sentence or a heading's colon."""
    highest_duplicate_line_share: Share = 0.3
    """Highest share of characters in lines that repeat an earlier one."""
    highest_top_2gram_share: Share = 0.28
    """Highest share of characters in the most frequent pair of units; likewise below."""
    highest_top_3gram_share: Share = 0.25
    highest_top_4gram_share: Share = 0.25
    highest_duplicate_5gram_share: Share = 0.4
    """Highest share of characters in runs of five units that came before."""
    highest_duplicate_10gram_share: Share = 0.3


QUALITY: Mapping[str, Quality] = {
    "fi": Quality(highest_mean_unit=16.0),
    "hi": Quality(lowest_mean_unit=2.0),
    "ja": Quality(
        lowest_characters=50,
        lowest_mean_line=8.0,
        lowest_mean_unit=1.0,
        highest_mean_unit=5.0,
        highest_duplicate_5gram_share=0.5,
        highest_duplicate_10gram_share=0.4,
    ),
    "vi": Quality(lowest_mean_unit=2.0, highest_mean_unit=8.0),
    "code": Quality(
        lowest_mean_line=4.0,
        highest_longest_line=1000,
        lowest_mean_unit=1.5,
        highest_mean_unit=25.0,
        lowest_letter_share=0.4,
        highest_digit_share=0.3,
        highest_symbol_share=0.5,
        highest_duplicate_line_share=0.5,
        highest_top_2gram_share=0.4,
        highest_top_3gram_share=0.4,
        highest_top_4gram_share=0.4,
        highest_duplicate_5gram_share=0.6,
        highest_duplicate_10gram_share=0.6,
    ),
}
"""Bounds of domains that differ from the general ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule that a document broke."""

    rule: str
    detail: str
    """The figure and its bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    name: str
    signal: str
    lowest: bool
    bound: float

    def broken(self, figures: NDArray[np.float32]) -> NDArray[np.bool_]:
        return figures < self.bound if self.lowest else figures > self.bound

    def failure(self, figure: float) -> Failure:
        sign = "<" if self.lowest else ">"
        words = self.signal.replace("_", " ")
        return Failure(rule=self.name, detail=f"{words} {figure:.4g} {sign} {self.bound:g}")


def failures(signals: Signals, quality: Quality) -> list[list[Failure]]:
    """For each document every rule that it broke, in the order of the settings' fields."""
    found: list[list[Failure]] = [[] for _ in range(len(signals.figures))]
    for rule in _rules(quality):
        figures = signals.column(rule.signal)
        for row in np.flatnonzero(rule.broken(figures)):
            found[row].append(rule.failure(float(figures[row])))
    return found


def _rules(quality: Quality) -> Iterator[_Rule]:
    bounds = asdict(quality)
    for field in fields(quality):
        side, _, signal = field.name.partition("_")
        name = f"{side.removesuffix('est')}-{signal}".replace("_", "-")
        yield _Rule(name=name, signal=signal, lowest=side == "lowest", bound=bounds[field.name])
