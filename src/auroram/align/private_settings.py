"""What a recipe can say about tuning under differential privacy."""

from typing import ClassVar, Literal

from auroram.settings import Count, Positive, PositiveFloat, Share, settings


@settings
class Privacy:
    """What may be given away about one exchange."""

    epsilon: PositiveFloat = 8.0
    """Upper bound; smaller is more private. The noise is chosen so that the run ends at it."""
    delta: PositiveFloat = 1e-5
    """Chance that the bound does not hold; must be below one over the number of exchanges."""
    clip: PositiveFloat = 1.0
    """Longest gradient of one exchange."""
    secret_noise: bool = False
    """Noise that nobody can draw again. Off, it follows from the recipe's seed, which repeats a run
    exactly, and whoever knows the seed can take the noise off: switch it on for a release."""


@settings
class PrivateTuning:
    """Tunes a model on exchanges so that none of them can be read out of it."""

    kind: Literal["private"] = "private"
    room: ClassVar[str] = "align"
    model: str
    """The stage whose model is tuned."""
    exchanges: tuple[str, ...]
    """Stages whose `exchanges/train.jsonl` is learned from."""
    privacy: Privacy | None = None
    """None tunes without privacy, to compare with."""
    epochs: Positive = 3
    """How often each exchange is learned from, on average."""
    batch: Positive = 16
    """Exchanges of a step on average."""
    rate: PositiveFloat = 1e-3
    """Of Adam."""
    longest: Positive = 256
    """Tokens; longer exchanges are left out and counted."""
    canaries: Count = 0
    """Planted secrets for each language of the exchanges; measured by a stage `memorisation`."""
    warmup: Share = 0.1
    """Share of the steps over which the rate rises."""
    allow_unreviewed: bool = False
    """Whether exchanges may be learned from that no person reviewed."""

    def reads(self) -> tuple[str, ...]:
        """The model and the exchanges."""
        return (self.model, *self.exchanges)

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()
