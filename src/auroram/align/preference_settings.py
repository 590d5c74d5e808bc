"""What a recipe can say of preference tuning."""

from typing import ClassVar, Literal

from auroram.settings import Positive, PositiveFloat, settings


@settings
class PreferenceTuning:
    """Teaches a model to prefer one answer to another."""

    kind: Literal["preference"] = "preference"
    room: ClassVar[str] = "align"
    model: str
    """The stage whose model is tuned; it is the reference as well."""
    exchanges: tuple[str, ...] = ()
    """Stages of whose `exchanges/train.jsonl` pairs are made."""
    pairs: str = ""
    """A file of pairs beside the recipe instead: JSON lines with `prompt`, `chosen`, `rejected`
    and `reviewed`, such as the `preferences.jsonl` of a release."""
    highest_pairs: Positive = 200
    """Most pairs, the first ones."""
    beta: PositiveFloat = 0.1
    """How dear it is to move away from the reference; smaller moves further."""
    epochs: Positive = 1
    """How often each pair is learned from."""
    batch: Positive = 8
    """Pairs of a step."""
    rate: PositiveFloat = 1e-5
    """Of AdamW, falling to 0."""
    longest: Positive = 256
    """Tokens of a request with its answer; longer pairs are left out and counted."""
    max_tokens: Positive = 48
    """Longest answer of the model's own, where pairs are made."""
    allow_unreviewed: bool = False
    """Whether pairs may be learned from that no person reviewed."""

    def __post_init__(self) -> None:
        if bool(self.exchanges) == bool(self.pairs):
            raise ValueError("name exchanges to make pairs of, or a file of pairs: one of the two")

    def reads(self) -> tuple[str, ...]:
        """The model and the exchanges."""
        return (self.model, *self.exchanges)

    def files(self) -> tuple[str, ...]:
        """The file of pairs."""
        return (self.pairs,) if self.pairs else ()
