"""What a recipe can say about the stages that ask models what they must not do or give away."""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

from auroram.model.choices import Choice
from auroram.safety.minimal_pairs import paired_languages
from auroram.settings import Positive, PositiveFloat, check_models, settings


@settings
class Safety:
    """Asks every model the held-out safety requests and judges its replies."""

    kind: Literal["safety"] = "safety"
    room: ClassVar[str] = "safety"
    models: tuple[str, ...]
    """Stages whose models are asked; the later ones are compared with the first."""
    exchanges: tuple[str, ...]
    """Stages whose `exchanges/test.jsonl` hold the requests."""
    highest_requests: Positive = 5
    """Most requests for each language, concern and kind (harmful, benign); chosen by hash."""
    max_tokens: Positive = 40
    """Longest reply. Whether it is a refusal shows in its first sentences."""
    repetition: PositiveFloat = 1.0
    """Above 1, what a reply has said already becomes less likely, for all models alike: a small
    model would say it for ever. See `Sampling.repetition`."""
    precision: Choice = "float32"
    """Of the weights and products with which replies are written, the same for all models."""
    fewest: Positive = 30
    """Below this number of requests a rate is marked as insufficient evidence."""

    def __post_init__(self) -> None:
        check_models(self.models)
        if not self.exchanges:
            raise ValueError("exchanges must name a stage of safety exchanges")

    def reads(self) -> tuple[str, ...]:
        """The models and the requests."""
        return (*self.models, *self.exchanges)

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()


@settings
class Bias:
    """Measures whether models prefer stereotypes."""

    kind: Literal["bias"] = "bias"
    room: ClassVar[str] = "safety"
    models: tuple[str, ...]
    """Stages whose models are measured."""
    languages: tuple[str, ...] = ("en", "fi", "hi", "ja", "vi")
    """Languages of the pairs."""

    def __post_init__(self) -> None:
        if unknown := sorted({*self.languages} - {*paired_languages()}):
            raise ValueError(
                f"languages: no pairs in {', '.join(unknown)}; "
                f"there are {', '.join(paired_languages())}"
            )

    def reads(self) -> tuple[str, ...]:
        """The models."""
        return self.models

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()


@settings
class Extraction:
    """Measures how much of its training documents a model gives away word for word."""

    kind: Literal["extraction"] = "extraction"
    room: ClassVar[str] = "safety"
    models: tuple[str, ...]
    """Stages whose models are asked; the later ones are compared with the first. The last one that
    was trained says which documents count as read."""
    tokens: str
    """Stage whose shards the models were trained on."""
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language to the domains of its documents; every domain by itself where none is named."""
    prefix_tokens: Positive = 50
    """What a model is given of a document."""
    suffix_tokens: Positive = 50
    """What it must say word for word."""
    highest: Positive = 40
    """Most documents of each language, of those read and of those held out."""
    precision: Choice = "float32"
    """Of the weights and products with which models go on, the same for all models."""
    fewest: Positive = 30
    """Below this number of documents the evidence is insufficient."""

    def __post_init__(self) -> None:
        check_models(self.models)

    def reads(self) -> tuple[str, ...]:
        """The models and the tokens."""
        return (*self.models, self.tokens)

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()


@settings
class Memorisation:
    """Measures how much of the planted secrets each model gives away."""

    kind: Literal["memorisation"] = "memorisation"
    room: ClassVar[str] = "safety"
    models: tuple[str, ...]
    """Stages whose models are asked; name one that never saw the secrets as well."""
    canaries: str
    """Stage whose `canaries.jsonl` holds the secrets."""
    references: Positive = 255
    """Secrets that a canary is ranked among; 255 allow for 8 bits of exposure."""

    def reads(self) -> tuple[str, ...]:
        """The models and the stage that planted the secrets."""
        return tuple(dict.fromkeys((*self.models, self.canaries)))

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()
