"""Which concern a text speaks of, told by its words.

A filter, not a judge: what it lets through is drafted for people to review, who see the rest of
what it means. Measured on HarmBench's own categories in `docs/benchmarks.md`.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auroram.redteam.language import read_language
from auroram.text.lexicon import Lexicon

MEASURED = "on HarmBench's they find a concern in 7 of 10, and the right one in 5 of 10"
"""What the filter is worth, for whoever relies on it: `benchmarks/relevance.py`, rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """The cues of one language, ready to be looked for."""

    lexicon: Lexicon

    def counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """How many cues of each concern each text holds, shape (texts, concerns)."""
        return self.lexicon.hits([unicodedata.normalize("NFC", text) for text in texts]).counts

    def speaks_of(self, text: str, concern: str) -> bool:
        """Whether the text holds a cue of the concern."""
        return bool(self.counts([text])[0, self.lexicon.categories.index(concern)])

    def concerns(self, texts: Sequence[str], among: Sequence[Sequence[str]]) -> list[str]:
        """The concern of each text: the one with most cues, the earlier at a tie.

        Args:
            texts: what is judged.
            among: for each text the concerns that its source says it may have. A single one
                stands; none means that the cues alone decide, and answer "" where there are none.
        """
        counts = self.counts(texts)
        return [self._one(row, named) for row, named in zip(counts, among, strict=True)]

    def _one(self, row: NDArray[np.int64], named: Sequence[str]) -> str:
        if len(named) == 1:
            return named[0]
        categories = self.lexicon.categories
        scores = {
            name: int(row[i]) for i, name in enumerate(categories) if name in (named or categories)
        }
        best = max(scores, key=lambda name: scores[name])
        return best if named or scores[best] else ""


@cache
def relevance_in(language: str) -> Relevance:
    """The cues of a language.

    Raises:
        DataError: where the language has no file, or a cue stands twice in it.
    """
    concerns = read_language(language).concerns
    return Relevance(lexicon=Lexicon.build({name: one.cues for name, one in concerns.items()}))
