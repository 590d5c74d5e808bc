"""Stage `counterfactual`: exchanges once more with the groups of people swapped.

Where a request or an answer names a group, a copy follows in which the word is swapped for its
counterpart on both sides, so that a model sees either as often. Words are swapped whole, in their
plain forms; languages in which the rest of a sentence would have to agree are left alone.

Source: Lu et al. 2020, arXiv:1807.11714, counterfactual data augmentation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from auroram.errors import DataError
from auroram.ports import Inputs
from auroram.records.exchange import Exchange, read_exchanges, write_exchanges
from auroram.records.manifest import Outcome, Tally
from auroram.settings import settings

SWAPS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("man", "woman"), ("men", "women"), ("boy", "girl"), ("boys", "girls"),
        ("father", "mother"), ("son", "daughter"), ("husband", "wife"), ("brother", "sister"),
        ("uncle", "aunt"), ("king", "queen"), ("he", "she"),
    ),
    "fi": (
        ("mies", "nainen"), ("miehet", "naiset"), ("poika", "tyttö"), ("pojat", "tytöt"),
        ("isä", "äiti"), ("veli", "sisko"), ("setä", "täti"),
    ),
    "ja": (("男性", "女性"), ("父親", "母親"), ("息子", "娘"), ("少年", "少女"), ("彼", "彼女")),
    "vi": (("đàn ông", "phụ nữ"), ("con trai", "con gái"), ("anh ấy", "cô ấy")),
}  # fmt: skip
"""Language to pairs of words; none that is a part of others (Japanese for husband stands in "all
right", Vietnamese for father in "announce"). Hindi is missing: its verbs and adjectives agree in
gender."""

SPLITS: tuple[str, ...] = ("train", "test")


@settings
class Counterfactual:
    """Adds swapped copies to the exchanges of a stage."""

    kind: Literal["counterfactual"] = "counterfactual"
    room: ClassVar[str] = "align"
    exchanges: str
    """The stage whose exchanges are copied and swapped; its test split is passed on as it is."""

    def reads(self) -> tuple[str, ...]:
        """The exchanges."""
        return (self.exchanges,)

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()


def run(settings: Counterfactual, inputs: Inputs, out: Path) -> Outcome:
    """Write `exchanges/{train,test}.jsonl`: all there were, and the swapped ones after each.

    Raises:
        DataError: where the stage has no exchanges.
    """
    tallies = []
    for split in SPLITS:
        path = inputs.folder(settings.exchanges) / "exchanges" / f"{split}.jsonl"
        if not path.is_file():
            raise DataError(f"{path}: not found; name a stage that makes exchanges")
        given = list(read_exchanges(path))
        written = list(augmented(given)) if split == "train" else given
        write_exchanges(out / "exchanges" / f"{split}.jsonl", written)
        tallies.append(
            Tally(
                step="swapped",
                domain="all",
                source=settings.exchanges,
                outcome=split,
                reason="counterfactual",
                unit="exchanges",
                value=len(written) - len(given),
            )
        )
    return Outcome(tallies=tuple(tallies))


def augmented(exchanges: list[Exchange]) -> Iterator[Exchange]:
    """Each exchange and, where it names a group, its counterpart: one that nobody reviewed."""
    for one in exchanges:
        yield one
        request, answer = swapped(one.request, one.language), swapped(one.answer, one.language)
        if (request, answer) != (one.request, one.answer):
            yield replace(
                one, id=f"{one.id}-swapped", request=request, answer=answer, reviewed=False
            )


def swapped(text: str, language: str) -> str:
    """The text with every word of a pair in place of its counterpart; case is kept.

    >>> swapped("The man met his father.", "en")
    'The woman met his mother.'
    """
    pairs = SWAPS.get(language, ())
    table = dict(pairs) | {b: a for a, b in pairs}
    if not table:
        return text
    longest_first = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
    edge = "" if language == "ja" else r"\b"

    def other(found: re.Match[str]) -> str:
        word = found.group()
        new = table[word.lower()]
        return new[0].upper() + new[1:] if word[0].isupper() else new

    return re.sub(f"{edge}(?:{longest_first}){edge}", other, text, flags=re.IGNORECASE)
