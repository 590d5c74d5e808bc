"""The figures of a text, as what is counted in it and what that is a share of.

Shares lie in [0, 1]; means are in characters; a ratio may be above 1. A share of nothing is 0.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from auroram.text import tallies

_ITSELF = ""
_FIGURES: Mapping[str, tuple[int, str]] = {
    "characters": (tallies.CHARACTERS, _ITSELF),
    "units": (tallies.UNITS, _ITSELF),
    "lines": (tallies.LINES, _ITSELF),
    "mean_unit": (tallies.UNIT_CHARACTERS, "units"),
    "mean_line": (tallies.CHARACTERS, "lines"),
    "longest_line": (tallies.LONGEST_LINE, _ITSELF),
    # Of the characters that are no spaces:
    "letter_share": (tallies.LETTERS, "visible"),
    "digit_share": (tallies.DIGITS, "visible"),
    "symbol_share": (tallies.SYMBOLS, "visible"),
    # Lines that end in a stop, a colon, a quotation mark or a bracket:
    "ended_line_share": (tallies.ENDED, "lines"),
    # Characters in lines that repeat an earlier one, which is FineWeb's and Gopher's measure:
    "duplicate_line_share": (tallies.DUPLICATE_LINE_CHARACTERS, "characters"),
    **{
        f"{'top' if n in tallies.TOP_NGRAMS else 'duplicate'}_{n}gram_share": (column, "in units")
        for column, n in enumerate(tallies.TOP_NGRAMS + tallies.DUPLICATE_NGRAMS, tallies.NGRAMS)
    },
    # Gopher, repetition; the first two by count, as its first two rows are:
    "duplicate_line_count_share": (tallies.DUPLICATE_LINES, "lines"),
    "duplicate_paragraph_count_share": (tallies.DUPLICATE_PARAGRAPHS, "paragraphs"),
    "duplicate_paragraph_share": (tallies.DUPLICATE_PARAGRAPH_CHARACTERS, "characters"),
    # Gopher, quality; of units and runs of symbols outside words, those with a letter:
    "lettered_unit_share": (tallies.LETTERED, "tokens"),
    "hash_sign_ratio": (tallies.HASH_SIGNS, "units"),
    "ellipsis_ratio": (tallies.ELLIPSES, "units"),
    "bullet_line_share": (tallies.BULLETS, "lines"),
    "ellipsis_line_share": (tallies.ELLIPSIS_ENDS, "lines"),
    "stop_words": (tallies.STOP_WORDS, _ITSELF),
    # FineWeb; lines that end in a sentence's end, and lines of at most 30 characters:
    "terminal_line_share": (tallies.TERMINAL, "lines"),
    "short_line_share": (tallies.SHORT, "lines"),
    "newline_ratio": (tallies.NEWLINES, "units"),
    # C4; the last two are of the lines that it would keep:
    "unterminated_line_share": (tallies.UNTERMINATED, "lines"),
    "few_unit_line_share": (tallies.FEW_UNITS, "lines"),
    "javascript_line_share": (tallies.JAVASCRIPT, "lines"),
    "policy_line_share": (tallies.POLICY, "lines"),
    "lorem_ipsum": (tallies.LOREM_IPSUM, _ITSELF),
    "curly_brackets": (tallies.CURLY_BRACKETS, _ITSELF),
    "longest_run": (tallies.LONGEST_RUN, _ITSELF),
    "sentences": (tallies.SENTENCES, _ITSELF),
    "c4_line_share": (tallies.C4_LINES, "lines"),
    "c4_sentences": (tallies.C4_SENTENCES, _ITSELF),
}

SIGNALS = tuple(_FIGURES)
"""Names of the figures, in the order of their columns."""


def figures_of(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """The figures of each row of counts, shape (texts, len(SIGNALS))."""
    wholes = {
        _ITSELF: np.ones(len(counts), np.int64),
        "characters": counts[:, tallies.CHARACTERS],
        "visible": counts[:, tallies.CHARACTERS] - counts[:, tallies.SPACES],
        "units": counts[:, tallies.UNITS],
        "in units": counts[:, tallies.UNIT_CHARACTERS],
        "tokens": counts[:, tallies.UNITS] + counts[:, tallies.SYMBOL_RUNS],
        "lines": counts[:, tallies.LINES],
        "paragraphs": counts[:, tallies.PARAGRAPHS],
    }
    figures = np.empty((len(counts), len(SIGNALS)), np.float32)
    for column, (part, whole) in enumerate(_FIGURES.values()):
        figures[:, column] = counts[:, part] / np.maximum(wholes[whole], 1)
    # The occurrences of a top n-gram may overlap, as in "ha ha ha", and then count twice.
    shares = [column for column, name in enumerate(SIGNALS) if name.endswith("_share")]
    figures[:, shares] = np.minimum(figures[:, shares], 1)
    return figures
