"""What a recipe can say about a stage that follows a training run."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge

from auroram.evaluate.settings import Text, check_texts, text_files
from auroram.model.choices import Precision
from auroram.settings import Count, Positive, PositiveFloat, settings

UPSTREAM = ("en", "code")
"""What an English model knew."""


@settings
class Probe:
    """Asks the base, every snapshot and every model of the stages that trained the same things.

    Bits per byte is read as by the stage `evaluate`; the other questions are made from the same
    texts, so they exist in every language that has text, and nobody had to write them.
    """

    kind: Literal["probe"] = "probe"
    room: ClassVar[str] = "evaluate"
    base: str = "base"
    """The model that the first stage began with: what the others are compared with."""
    trained: tuple[str, ...]
    """Stages of kind `train` in their order, each going on from the one before; their `snapshots`
    and their last models are asked."""
    documents: str
    """The corpus stage whose held-out documents are read."""
    texts: Mapping[str, Text] = field(default_factory=dict)
    """Further sets by name, as for the stage `evaluate`."""
    exchanges: str | None = None
    """The stage with held-out safety exchanges; leave out to ask nothing about refusing."""
    upstream: tuple[str, ...] = UPSTREAM
    """What the base knew and must not lose: the verdicts are about these. Each must be a language
    of the documents or of `texts`; those of the default that are none are left out."""
    margin: PositiveFloat = 0.01
    """Largest loss that is no loss, as a share of the base's bits per byte. Stated beforehand; the
    verdicts name it."""
    highest_documents: Positive = 24
    """Most documents of one language in one set."""
    highest_bytes: Positive = 4_000
    """Bytes of text of one language in one set after which no further document is begun."""
    longest_document_bytes: Positive = 300
    """Of a longer document only so much of its beginning is read."""
    choices: Count = 20
    """Questions in a language: which of four pieces of text goes on with a beginning."""
    copies: Count = 12
    """Lists in a language that stand twice in one context: are the words copied?"""
    continuations: Count = 12
    """Beginnings in a language that are continued greedily: in which language?"""
    continuation_tokens: Positive = 16
    """Length of a continuation."""
    refusals: Count = 16
    """Harmful requests in a language: is refusing likelier than another request's answer?"""
    context_tokens: Annotated[int, Ge(4)] = 1_024
    """Tokens that a model sees at once."""
    precision: Precision = "float32"
    """Of the matrix products, the same for all models."""

    def __post_init__(self) -> None:
        if not self.trained or len({self.base, *self.trained}) <= len(self.trained):
            raise ValueError(
                f"trained must name at least one stage, each once and none the base "
                f"({[*self.trained]} given)"
            )
        check_texts(self.texts)

    def reads(self) -> tuple[str, ...]:
        """The models, the corpus and the exchanges."""
        others = (self.documents, *((self.exchanges,) if self.exchanges else ()))
        return (self.base, *self.trained, *others)

    def files(self) -> tuple[str, ...]:
        """The files of all texts."""
        return text_files(self.texts)
