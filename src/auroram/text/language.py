"""Which paragraphs of a text are in the language asked for.

Script first: a paragraph whose letters are mostly of another script is of another language,
and where a script is enough (Devanagari for Hindi here, kana for Japanese) nothing else is
asked. Then an identifier tells languages that share a script apart. What neither is sure of
(a name, a number, a line of code) is judged by the paragraphs around it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from auroram.text.characters import SCRIPTS

WRITING: Mapping[str, tuple[str, ...]] = {
    "Jpan": ("Hira", "Kana", "Hani"),
    "Kore": ("Hang", "Hani"),
    "Hans": ("Hani",),
    "Hant": ("Hani",),
}
"""ISO 15924 codes that stand for several scripts, with the telling ones before `Hani`."""

_TELLING_FROM = 10
"""So many letters without a kana (or hangul) are no Japanese (or Korean)."""


class LanguageIdentifier(Protocol):
    """Tells languages apart by their words."""

    def identify(self, paragraph: str) -> tuple[str, float]:
        """The likeliest language's tag, and how likely it is, in [0, 1]."""
        ...


class Verdict(Enum):
    """What a paragraph is, seen from the language asked for."""

    OWN = "own"
    OTHER = "other"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One paragraph's verdict."""

    verdict: Verdict
    language: str
    """The language found, the dominant script where only that is known, or `unsure`."""
    score: float
    """How sure, in [0, 1]: the identifier's likelihood, or the share of the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The language asked for, and how sure one must be."""

    labels: frozenset[str]
    """Tags of the identifier that count as this language."""
    script: str
    """ISO 15924."""
    script_decides: bool
    lowest_script_share: float
    lowest_confidence: float
    shortest_sure: int
    longest_unsure_run: int

    def judge(
        self, paragraph: str, letters: int, share: float, identifier: LanguageIdentifier
    ) -> Judged:
        """The verdict on one paragraph.

        Args:
            paragraph: its text.
            letters: how many letters it has.
            share: the share of them in the language's script, from `script_shares`.
            identifier: asked where the script does not decide.
        """
        if letters < 2:
            return Judged(verdict=Verdict.UNSURE, language="unsure", score=0.0)
        of_script = share >= self.lowest_script_share
        if of_script and self.script_decides:
            return Judged(verdict=Verdict.OWN, language=min(self.labels), score=share)
        label, score = identifier.identify(paragraph)
        if not of_script:
            return Judged(verdict=Verdict.OTHER, language=_foreign(label, self.labels), score=score)
        if label in self.labels:
            return Judged(verdict=Verdict.OWN, language=label, score=score)
        if score >= self.lowest_confidence and letters >= self.shortest_sure:
            return Judged(verdict=Verdict.OTHER, language=label, score=score)
        return Judged(verdict=Verdict.UNSURE, language="unsure", score=score)


def script_shares(letters: NDArray[np.int32], script: str) -> NDArray[np.float64]:
    """Share of each paragraph's letters that are of the script, in [0, 1].

    It is 0 where there is no letter, and where a text of some length lacks a telling script.

    Args:
        letters: letters by script in the order of `SCRIPTS`, shape (paragraphs, scripts).
        script: ISO 15924.
    """
    parts = WRITING.get(script, (script,))
    totals = letters.sum(axis=1)
    shares = _count(letters, parts) / np.maximum(totals, 1)
    telling = [part for part in parts if part != "Hani"]
    if "Hani" in parts and telling:
        shares[(totals >= _TELLING_FROM) & (_count(letters, telling) == 0)] = 0.0
    return np.asarray(shares, np.float64)


def _count(letters: NDArray[np.int32], scripts: Sequence[str]) -> NDArray[np.int64]:
    columns = [SCRIPTS.index(script) for script in scripts]
    return np.asarray(letters[:, columns].sum(axis=1), np.int64)


def _foreign(label: str, own: frozenset[str]) -> str:
    return "unsure" if label in own else label


def own_paragraphs(judged: Sequence[Judged], *, longest_unsure_run: int) -> list[bool]:
    """Which paragraphs to keep: its own, and unsure ones that stand among them.

    A run of unsure paragraphs is kept where it is no longer than `longest_unsure_run` and the
    paragraph after it is its own, and the one before it as well, unless the text starts with
    the run: a heading is often a name, what trails a page is often navigation.
    """
    kept = [item.verdict is Verdict.OWN for item in judged]
    start = 0
    while start < len(judged):
        end = start
        while end < len(judged) and judged[end].verdict is Verdict.UNSURE:
            end += 1
        among = end < len(judged) and kept[end] and (start == 0 or kept[start - 1])
        if among and end - start <= longest_unsure_run:
            kept[start:end] = [True] * (end - start)
        start = max(end, start + 1)
    return kept
