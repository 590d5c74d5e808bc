"""Fill-in-the-middle: a document is cut in three and its middle moved to the end.

The cuts fall between characters, so that a model learns to go on inside a word as an editor's
cursor stands, and the parts are encoded anew. Whether, where and how a document is cut depends on
its id and the seed alone, and it is never cut across documents.

Source: Bavarian et al. 2022, arXiv:2207.14255, sections 3 and 4; `suffix_first` is their second
way to put the suffix first (appendix D), which the prefix-first order carries over to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from auroram.records.marks import SENTINELS
from auroram.settings import Share, settings
from auroram.tokens.permutation import key_of


@settings
class FillInTheMiddle:
    """Which documents are cut. Held-out text never is."""

    rate: Share = 0.5
    """Share of the documents."""
    suffix_first: Share = 0.5
    """Share of those in which the suffix comes before the prefix."""
    domains: tuple[str, ...] = ("code",)
    """The domains whose documents are cut, each of which must have some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinels:
    """Ids of the tokens that stand before the three parts."""

    prefix: int
    suffix: int
    middle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The parts of a text, and their order."""

    prefix: str
    middle: str
    suffix: str
    suffix_first: bool


def sentinels_in(added: Mapping[str, int]) -> Sentinels | None:
    """The marks among the added tokens of a tokenizer; None where it has no full set."""
    for prefix, suffix, middle in SENTINELS:
        if added.keys() >= {prefix, suffix, middle}:
            return Sentinels(prefix=added[prefix], suffix=added[suffix], middle=added[middle])
    return None


def cut_of(text: str, settings: FillInTheMiddle, *, document: str, seed: int) -> Cut | None:
    """How this document is cut; None where it stays as it is."""

    def drawn(what: str) -> float:
        return key_of(seed, document, "fill-in-the-middle", what) / 2**64

    if drawn("cut") >= settings.rate:
        return None
    first, second = sorted(int(drawn(border) * (len(text) + 1)) for border in ("one", "other"))
    return Cut(
        prefix=text[:first],
        middle=text[first:second],
        suffix=text[second:],
        suffix_first=drawn("order") < settings.suffix_first,
    )


def arranged(cut: Cut, marks: Sentinels, encode: Callable[[str], list[int]]) -> list[int]:
    """The parts in tokens with their marks, in the order in which they are learnt."""
    prefix, middle, suffix = encode(cut.prefix), encode(cut.middle), encode(cut.suffix)
    if cut.suffix_first:
        return [marks.prefix, marks.suffix, *suffix, marks.middle, *prefix, *middle]
    return [marks.prefix, *prefix, marks.suffix, *suffix, marks.middle, *middle]
