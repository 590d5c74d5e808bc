"""Fill-in-the-middle at the `tokens` stage: the documents that are cut, as ids."""

from dataclasses import dataclass

from auroram.errors import DataError
from auroram.model.tokenizer import Tokenizer
from auroram.ports import Inputs
from auroram.tokens.fill_in_the_middle import (
    FillInTheMiddle,
    Sentinels,
    arranged,
    cut_of,
    sentinels_in,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """How documents are cut and encoded."""

    settings: FillInTheMiddle
    marks: Sentinels
    seed: int

    def of(self, text: str, document: str, tokenizer: Tokenizer) -> list[int] | None:
        """The ids of the document cut, with nothing put before or after; None where it is whole."""
        cut = cut_of(text, self.settings, document=document, seed=self.seed)
        return None if cut is None else arranged(cut, self.marks, tokenizer.encode)


def cutting_of(
    settings: FillInTheMiddle | None, tokenizer: Tokenizer, inputs: Inputs
) -> Cutting | None:
    """How the stage cuts documents; None where it cuts none.

    Raises:
        DataError: where the tokenizer has no marks for the parts, or puts a space before each.
    """
    if settings is None:
        return None
    marks = marks_of(tokenizer, f"stages.{inputs.name}.fill_in_the_middle")
    return Cutting(settings=settings, marks=marks, seed=inputs.seed)


def marks_of(tokenizer: Tokenizer, place: str) -> Sentinels:
    """The marks that documents are cut with; `place` begins the sentence where there are none.

    Raises:
        DataError: where the tokenizer has no marks for the parts, or puts a space before each.
    """
    marks = sentinels_in(tokenizer.added())
    if marks is None:
        raise DataError(
            f"{place}: the tokenizer has no tokens to mark prefix, suffix and middle, such as "
            "<fim_prefix>, <fim_suffix> and <fim_middle>; choose another base or leave it out"
        )
    if tokenizer.decode([*tokenizer.encode("a"), *tokenizer.encode("b")]) != "ab":
        raise DataError(
            f"{place}: the tokenizer puts a space before every text, so that a document cannot "
            "be cut inside a word; choose another base or leave it out"
        )
    return marks
