"""What a recipe can say about the safety stage."""

from typing import ClassVar, Literal

from auroram.model.precision import Choice
from auroram.settings import Positive, PositiveFloat, settings


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
        if not self.models or len(set(self.models)) < len(self.models):
            raise ValueError(f"models must name at least one stage, each once ({self.models})")
        if not self.exchanges:
            raise ValueError("exchanges must name a stage of safety exchanges")

    def reads(self) -> tuple[str, ...]:
        """The models and the requests."""
        return (*self.models, *self.exchanges)

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()
