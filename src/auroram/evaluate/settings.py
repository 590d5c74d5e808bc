"""What a recipe can say about the evaluation stage."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge

from auroram.model.choices import Choice
from auroram.settings import Positive, check_models, settings

HELD_OUT = "held-out"


@settings
class Text:
    """A set of texts beside the recipe that is never trained on."""

    files: Mapping[str, str]
    """Language (or `code`) to file. Of a `.txt` file each line is a paragraph, read with those
    before it as context; of a `.jsonl` file (also `.gz`) each line is a document with a `text`."""

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("files must name at least one language and its file")


def text_files(texts: Mapping[str, Text]) -> tuple[str, ...]:
    """The files of all sets of texts."""
    return tuple(file for text in texts.values() for file in text.files.values())


def check_texts(texts: Mapping[str, Text]) -> None:
    """Refuse a set of texts under the name of the corpus's own.

    Raises:
        ValueError: where there is one.
    """
    if HELD_OUT in texts:
        raise ValueError(f"texts must not be named {HELD_OUT!r}: the corpus's own are")


@settings
class Evaluate:
    """Measures every model on held-out documents and on texts from outside the corpus."""

    kind: Literal["evaluate"] = "evaluate"
    room: ClassVar[str] = "evaluate"
    models: tuple[str, ...]
    """Stages whose models are measured; the later ones are compared with the first."""
    documents: str
    """The corpus stage whose held-out documents are read."""
    texts: Mapping[str, Text] = field(default_factory=dict)
    """Further sets by name, such as `udhr`; the name becomes the measurements' split."""
    highest_documents: Positive = 200
    """Most documents of one language in one set; chosen by hash."""
    highest_bytes: Positive = 20_000
    """Bytes of text of one language in one set after which no further document is begun."""
    longest_document_bytes: Positive = 1_000
    """Of a longer document only so much of its beginning is read."""
    context_tokens: Annotated[int, Ge(4)] = 1_024
    """Tokens that a model sees at once. A longer text is read in windows, so that each token has
    at least a quarter of this before it."""
    precision: Choice = "float32"
    """Of the matrix products, the same for all models. `fastest` may be bfloat16, by processor; the
    manifest says which it was."""
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Requests by language that every model answers, greedily, in its chat template."""
    continuations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Beginnings of texts by language that every model continues, greedily."""
    sample_tokens: Positive = 40
    """Longest sample."""

    def __post_init__(self) -> None:
        check_models(self.models)
        check_texts(self.texts)

    def reads(self) -> tuple[str, ...]:
        """The models and the corpus."""
        return (*self.models, self.documents)

    def files(self) -> tuple[str, ...]:
        """The files of all texts."""
        return text_files(self.texts)
