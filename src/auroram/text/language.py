"""Which paragraphs of a text are in the language asked for.

Script first: a paragraph whose letters are mostly of another script is of another language,
and where a script is enough (Devanagari for Hindi here, kana for Japanese) nothing else is
asked. Then an identifier tells languages that share a script apart. What neither is sure of
(a name, a number, a line of code) is judged by the paragraphs around it.

Everything here works on arrays of one entry a paragraph, over as many texts as one likes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from auroram.text.compiled import compiled
from auroram.text.paragraphs import Paragraphs
from auroram.text.scripts import written_in

OWN, OTHER, UNSURE = 0, 1, 2
"""What a paragraph is, seen from the language asked for."""

NOT_SURE = "unsure"
"""Stands for a language where nobody knows which one it is."""

_TELLING_FROM = 10
"""So many letters without a kana (or hangul) are no Japanese (or Korean)."""


class LanguageIdentifier(Protocol):
    """Tells languages apart by their words."""

    def identify(self, paragraph: str) -> tuple[str, float]:
        """The likeliest language's tag, and how likely it is, in [0, 1]."""
        ...


class Identified(NamedTuple):
    """What an identifier says of pieces of text, one row a piece."""

    labels: NDArray[np.int32]
    """The likeliest language: an index into the identifier's tags."""
    scores: NDArray[np.float32]
    """How likely it is, in [0, 1]."""
    windows: NDArray[np.int32]
    """The likeliest language in each window of a piece too long to be looked at whole, -1 where
    there is none; shape (pieces, windows)."""
    window_scores: NDArray[np.float32]
    """How likely that one is, in [0, 1]."""

    def take(self, rows: NDArray[np.int64]) -> "Identified":
        """Some of the pieces, in the order of the rows."""
        return Identified(
            labels=self.labels[rows],
            scores=self.scores[rows],
            windows=self.windows[rows],
            window_scores=self.window_scores[rows],
        )


class ParagraphIdentifier(Protocol):
    """Tells the languages of many paragraphs apart in one call."""

    @property
    def tags(self) -> tuple[str, ...]:
        """The languages that it tells apart."""
        ...

    def identify_all(
        self, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> Identified:
        """The language of each piece `data[start:end]`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One row a paragraph."""

    verdicts: NDArray[np.int8]
    """`OWN`, `OTHER` or `UNSURE`."""
    languages: NDArray[np.int32]
    """The language found: an index into `names`."""
    names: tuple[str, ...]
    """The identifier's tags, and `unsure` as the last."""
    scores: NDArray[np.float32]
    """How sure, in [0, 1]: the identifier's likelihood, or the share of the script."""
    other_share: NDArray[np.float32]
    """Share of it that is in other languages, in [0, 1]: all of what is `OTHER`; of what is looked
    at through windows, those that are surely of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The language asked for, and how sure one must be."""

    labels: frozenset[str]
    """Tags of the identifier that count as this language."""
    script: str
    """ISO 15924."""
    script_decides: bool
    """Whether letters of the script are enough."""
    script_presumes: bool
    """Whether they are enough of paragraphs too short for the identifier to be sure."""
    lowest_script_share: float
    lowest_own_confidence: float
    lowest_confidence: float
    shortest_sure: int
    longest_unsure_run: int

    def judge(
        self, data: NDArray[np.uint8], paragraphs: Paragraphs, identifier: ParagraphIdentifier
    ) -> Judged:
        """The verdict on each paragraph; the identifier is asked only where it is needed.

        Args:
            data: the buffer that the paragraphs lie in.
            paragraphs: what to judge, their letters counted for `script`.
            identifier: asked once for paragraphs that are equal.
        """
        letters = paragraphs.letters.sum(axis=1)
        shares = script_shares(paragraphs.letters, self.script)
        of_script = shares >= self.lowest_script_share
        some = letters >= 2
        settled = some & of_script if self.script_decides else np.zeros_like(some)
        asked = np.flatnonzero(some & ~settled)
        identified = _identified(data, paragraphs, asked, identifier)
        found, likelihoods = identified.labels, identified.scores
        mine = [i for i, tag in enumerate(identifier.tags) if tag in self.labels]
        own = np.isin(found, mine)
        long = letters[asked] >= self.shortest_sure
        sure = long & (likelihoods >= self.lowest_confidence)
        in_script = of_script[asked]
        believed = own & (~long | (likelihoods >= self.lowest_own_confidence))
        other = ~in_script | (sure & ~own)
        presumed = in_script & ~long & self.script_presumes
        nobody = len(identifier.tags)
        verdicts = np.full(len(paragraphs), UNSURE, np.int8)
        languages = np.full(len(paragraphs), nobody, np.int32)
        scores = np.zeros(len(paragraphs), np.float32)
        other_share = np.zeros(len(paragraphs), np.float32)
        verdicts[settled], scores[settled] = OWN, shares[settled]
        verdicts[asked] = np.where(other, OTHER, np.where(believed | presumed, OWN, UNSURE))
        # A tag of one's own in a script that is not means that the identifier guessed.
        named = np.where(in_script, believed | (sure & ~own), ~own)
        languages[asked] = np.where(named, found, nobody)
        scores[asked] = np.where(presumed & ~believed, shares[asked], likelihoods)
        other_share[asked] = np.where(other, 1, self._strange_windows(identified, mine))
        return Judged(
            verdicts=verdicts,
            languages=languages,
            names=(*identifier.tags, NOT_SURE),
            scores=scores,
            other_share=other_share,
        )

    def _strange_windows(self, identified: Identified, mine: Sequence[int]) -> NDArray[np.float64]:
        """Share of each piece's windows that are surely in another language."""
        some = identified.windows >= 0
        sure = identified.window_scores >= self.lowest_confidence
        strange = some & sure & ~np.isin(identified.windows, mine)
        return np.asarray(strange.sum(axis=1) / np.maximum(some.sum(axis=1), 1), np.float64)


def _identified(
    data: NDArray[np.uint8],
    paragraphs: Paragraphs,
    asked: NDArray[np.int64],
    identifier: ParagraphIdentifier,
) -> Identified:
    _, first, same = np.unique(
        paragraphs.fingerprint[asked], return_index=True, return_inverse=True
    )
    rows = asked[first]
    found = identifier.identify_all(data, paragraphs.start[rows], paragraphs.end[rows])
    return found.take(same)


def script_shares(letters: NDArray[np.int32], script: str) -> NDArray[np.float64]:
    """Share of each paragraph's letters that are of the script, in [0, 1].

    It is 0 where there is no letter, and where a text of some length lacks a telling script.

    Args:
        letters: letters of paragraphs that were counted for the script, as `Paragraphs.letters`.
        script: ISO 15924.
    """
    parts = written_in(script)
    totals = letters.sum(axis=1)
    shares = letters_of_script(letters) / np.maximum(totals, 1)
    telling = [column for column, part in enumerate(parts, start=1) if part != "Hani"]
    if "Hani" in parts and telling:
        shares[(totals >= _TELLING_FROM) & (letters[:, telling].sum(axis=1) == 0)] = 0.0
    return np.asarray(shares, np.float64)


def letters_of_script(letters: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many letters of the script that was asked for each paragraph has."""
    return np.asarray(letters[:, 1:].sum(axis=1), np.int64)


def own_paragraphs(
    owner: NDArray[np.int64], verdicts: NDArray[np.int8], *, longest_unsure_run: int
) -> NDArray[np.bool_]:
    """Which paragraphs to keep: its own, and unsure ones that stand among them.

    A run of unsure paragraphs is kept where it is no longer than `longest_unsure_run` and the
    paragraph after it is its own, and the one before it as well, unless the text starts with
    the run: a heading is often a name, what trails a page is often navigation.

    Args:
        owner: the text that each paragraph belongs to, in order.
        verdicts: of each paragraph.
        longest_unsure_run: in paragraphs.
    """
    kept = np.asarray(verdicts == OWN, np.bool_)
    _keep_among(owner, verdicts, longest_unsure_run, kept)
    return kept


@compiled
def _keep_among(
    owner: NDArray[np.int64],
    verdicts: NDArray[np.int8],
    longest: int,
    kept: NDArray[np.bool_],
) -> None:
    start = 0
    while start < len(owner):
        text, end = owner[start], start
        while end < len(owner) and owner[end] == text and verdicts[end] == UNSURE:
            end += 1
        before = start == 0 or owner[start - 1] != text or kept[start - 1]
        after = end < len(owner) and owner[end] == text and kept[end]
        if before and after and end - start <= longest:
            kept[start:end] = True
        start = max(end, start + 1)
