"""Which documents are good enough: bounds on the signals, by domain.

A field `lowest_x` or `highest_x` bounds the signal `x` of `text.signals` or of
`corpus.selection.FIGURES`, which tell of the language; a rule is named `low-x` or `high-x`. Every
failing rule is recorded, the first one named with its figure. A lowest bound of 0, a highest share
of 1 and `UNBOUNDED` let everything pass: those figures are recorded, and a recipe or a calibrated
file can bound them.

Sources: Rae et al. 2021 (Gopher), arXiv:2112.11446, table A1; Penedo et al. 2024 (FineWeb),
arXiv:2406.17557. Their shares are of words on web pages; ours are of units (`text.units`) and
looser, so that technical prose with its tables and fixed phrases stays. The bounds as they were
published are in `published`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from auroram.settings import Count, PositiveFloat, Share, Weight, settings

UNBOUNDED = 1_000_000_000
"""Above every figure."""


@settings
class Quality:
    """Bounds that a document must keep; shares lie in [0, 1], lengths are in characters."""

    lowest_language_score: Share = 0.0
    """Least likelihood of the language, as the mean over the letters of its own paragraphs."""
    lowest_own_share: Share = 0.0
    """Least share of the page's letters that stay once other languages are taken out."""
    highest_mixed_share: Share = 1.0
    """Highest share of the page's letters in other languages."""
    highest_other_script_share: Share = 1.0
    """Highest share of the letters kept that are of another script than the language's."""
    lowest_characters: Count = 100
    """What is left of a shorter page is a heading or a menu."""
    highest_characters: Count = 2_000_000
    """A longer document is a dump or several that were joined."""
    lowest_units: Count = 0
    """Units are words in spaced scripts, and about half a word in unspaced ones."""
    highest_units: Count = UNBOUNDED
    """Most units."""
    lowest_mean_line: Weight = 12.0
    """Pages of very short lines are menus and tables."""
    highest_longest_line: Count = 100_000
    """Longer lines are data or minified programs."""
    highest_longest_run: Count = UNBOUNDED
    """Highest number of characters in a row without a space: encoded data has long ones."""
    lowest_mean_unit: Weight = 2.5
    """Mean length of a unit (a word, in spaced scripts)."""
    highest_mean_unit: PositiveFloat = 14.0
    """Longer ones are addresses, encoded data or words without spaces between them."""
    lowest_letter_share: Share = 0.7
    """Least share of characters, spaces aside, that are letters."""
    highest_digit_share: Share = 0.2
    """Highest share of the same that are digits."""
    highest_symbol_share: Share = 0.25
    """Highest share of the same that are symbols."""
    lowest_lettered_unit_share: Share = 0.0
    """Least share of units with a letter, among units and runs of one and the same symbol."""
    highest_hash_sign_ratio: Weight = float(UNBOUNDED)
    """Most `#` for each unit."""
    highest_ellipsis_ratio: Weight = float(UNBOUNDED)
    """Most `...` and `…` for each unit."""
    lowest_stop_words: Count = 0
    """Least number of different stop words of the language."""
    lowest_ended_line_share: Share = 0.0
    """Least share of lines that end like a sentence or a heading's colon."""
    lowest_terminal_line_share: Share = 0.0
    """Least share of lines that end like a sentence."""
    highest_short_line_share: Share = 1.0
    """Highest share of lines of at most 30 characters."""
    highest_newline_ratio: Weight = float(UNBOUNDED)
    """Most line ends for each unit."""
    highest_bullet_line_share: Share = 1.0
    """Highest share of lines that start like a list's item."""
    highest_ellipsis_line_share: Share = 1.0
    """Highest share of lines that break off with an ellipsis."""
    highest_unterminated_line_share: Share = 1.0
    """Highest share of lines that C4 takes out because they do not end like a sentence."""
    highest_few_unit_line_share: Share = 1.0
    """Highest share of lines of fewer than three units."""
    highest_javascript_line_share: Share = 1.0
    """Highest share of lines with the word JavaScript: notes that it must be switched on."""
    highest_policy_line_share: Share = 1.0
    """Highest share of lines on cookies, privacy or terms of use, in English."""
    highest_lorem_ipsum: Count = UNBOUNDED
    """Most times that the place holder comes."""
    highest_curly_brackets: Count = UNBOUNDED
    """Most curly brackets: prose with many is a program."""
    lowest_sentences: Count = 0
    """Least number of sentences."""
    lowest_c4_line_share: Share = 0.0
    """Least share of lines that C4 would not take out."""
    lowest_c4_sentences: Count = 0
    """Least number of sentences in them."""
    highest_duplicate_line_share: Share = 0.3
    """Highest share of characters in lines that repeat an earlier one."""
    highest_duplicate_line_count_share: Share = 1.0
    """Highest share of lines that repeat an earlier one."""
    highest_duplicate_paragraph_share: Share = 1.0
    """Highest share of characters in paragraphs that repeat an earlier one. In programs empty lines
    part paragraphs; in prose each line is one, so this figure and the next are those of lines."""
    highest_duplicate_paragraph_count_share: Share = 1.0
    """Highest share of paragraphs that repeat an earlier one."""
    highest_top_2gram_share: Share = 0.28
    """Highest share of characters in the most frequent pair of units; likewise below."""
    highest_top_3gram_share: Share = 0.25
    """Of three units."""
    highest_top_4gram_share: Share = 0.25
    """Of four units."""
    highest_duplicate_5gram_share: Share = 0.4
    """Highest share of characters in runs of five units that came before; likewise below."""
    highest_duplicate_6gram_share: Share = 1.0
    """Of six units."""
    highest_duplicate_7gram_share: Share = 1.0
    """Of seven units."""
    highest_duplicate_8gram_share: Share = 1.0
    """Of eight units."""
    highest_duplicate_9gram_share: Share = 1.0
    """Of nine units."""
    highest_duplicate_10gram_share: Share = 0.3
    """Of ten units."""


_UNSPACED = Quality(
    lowest_mean_unit=1.0,
    highest_mean_unit=5.0,
    highest_duplicate_5gram_share=0.5,
    highest_duplicate_10gram_share=0.4,
)
_HAN = replace(_UNSPACED, lowest_characters=50, lowest_mean_line=8.0)

OF_SCRIPT: Mapping[str, Quality] = {
    **dict.fromkeys(("Hani", "Hans", "Hant", "Jpan", "Yiii"), _HAN),
    **dict.fromkeys(("Khmr", "Laoo", "Mymr", "Thai", "Tibt"), _UNSPACED),
    **dict.fromkeys(("Bali", "Java", "Lana", "Talu"), _UNSPACED),
}
"""Bounds of languages that are written without spaces, by ISO 15924 code: a unit is one or two
characters there (`text.units`), and a Han character or a Yi syllable says as much as a few
letters."""

QUALITY: Mapping[str, Quality] = {
    "fi": Quality(highest_mean_unit=16.0),
    "hi": Quality(lowest_mean_unit=2.0),
    "ja": _HAN,
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
"""Bounds of domains that differ from those of their script."""


def built_in(domain: str, script: str = "") -> Quality:
    """The bounds of a domain whose recipe gives it none.

    Args:
        domain: a language's tag, or `code`.
        script: ISO 15924, of the language; empty where it is not known.
    """
    return QUALITY.get(domain) or OF_SCRIPT.get(script) or Quality()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule that a document broke."""

    rule: str
    detail: str
    """The figure and its bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A bound on one signal."""

    name: str
    signal: str
    """A column of the signals side-car."""
    lowest: bool
    """Whether figures below the bound break the rule, or those above."""
    bound: float

    @property
    def is_on(self) -> bool:
        """Whether any figure can break it; bounds of 0, of a whole share or `UNBOUNDED` do not."""
        if self.lowest:
            return self.bound > 0
        return self.bound < (1.0 if self.signal.endswith("_share") else UNBOUNDED)

    def broken(self, figures: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which figures break the rule; the bound itself does not."""
        return figures < self.bound if self.lowest else figures > self.bound

    def failure(self, figure: float) -> Failure:
        """The rule's name, with the figure and the bound in words."""
        sign = "<" if self.lowest else ">"
        words = self.signal.replace("_", " ")
        return Failure(rule=self.name, detail=f"{words} {figure:.4g} {sign} {self.bound:g}")


def failures_of(
    figures: NDArray[np.float32], names: Sequence[str], quality: Quality
) -> list[list[Failure]]:
    """For each row every rule that it broke, in the order of the settings' fields.

    Args:
        figures: a column a signal, shape (documents, names).
        names: the columns' signals.
        quality: the bounds.

    Raises:
        ValueError: where a bound that is on has no column.
    """
    found: list[list[Failure]] = [[] for _ in range(len(figures))]
    rules = tuple(rules_of(quality))
    for rule, broken in zip(rules, broken_rules(figures, names, quality).T, strict=True):
        for row in np.flatnonzero(broken):
            found[row].append(rule.failure(float(figures[row, names.index(rule.signal)])))
    return found


def broken_rules(
    figures: NDArray[np.float32], names: Sequence[str], quality: Quality
) -> NDArray[np.bool_]:
    """Which rules each row breaks, shape (documents, rules), without words for it."""
    rules = tuple(rules_of(quality))
    missing = {rule.signal for rule in rules if rule.is_on} - set(names)
    if missing:
        raise ValueError(
            f"the signals lack {', '.join(sorted(missing))}, which the bounds are on; "
            "run the corpus stage again"
        )
    broken = np.zeros((len(figures), len(rules)), np.bool_)
    for column, rule in enumerate(rules):
        if rule.is_on:
            broken[:, column] = rule.broken(figures[:, names.index(rule.signal)])
    return broken


def rules_of(quality: Quality) -> Iterator[Rule]:
    """The rules in the order of the settings' fields; the first that fails is named first."""
    bounds = asdict(quality)
    for field in fields(quality):
        side, _, signal = field.name.partition("_")
        name = f"{side.removesuffix('est')}-{signal}".replace("_", "-")
        yield Rule(name=name, signal=signal, lowest=side == "lowest", bound=bounds[field.name])
