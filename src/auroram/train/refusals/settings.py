"""What a recipe can say of refusals that are taught in closed form."""

from auroram.settings import Positive, PositiveFloat, Share, settings


@settings
class Refusals:
    """At the end, the least change of the weights that makes answers begin as exchanges say.

    Whether a request is declined is settled by the first words of the answer. A few hundred
    exchanges tell a model which to decline, but gradient descent needs more steps than a small
    budget has; a least-squares problem over the model's own states has its answer at once. What
    may change is the last linear layer of attention and of the feed-forward part in the upper
    layers; what the model says of ordinary text is held on to.

    Source: closed-form edits, Meng et al. 2022 (MEMIT), arXiv:2210.07229; their price in what the
    model says of text, Martens & Grosse 2015 (K-FAC), arXiv:1503.05671.
    """

    exchanges: tuple[str, ...]
    """Stages of whose `exchanges/train.jsonl` the harmful and the benign requests are taken."""
    languages: tuple[str, ...] = ()
    """Languages that are taught; empty for all that the exchanges have."""
    requests: Positive = 120
    """Most requests of each kind in each language, spread evenly over all."""
    over_refusal: Share = 0.05
    """Share of benign requests in templates unlike those learnt from that may be declined, as
    cross-validation by template foresees it; in each language by itself."""
    margin: PositiveFloat = 1.0
    """How far from their language's mean requests are to come to lie, in nats."""
    unchanged: Share = 0.5
    """Share of the layers, the lower ones, that stay as they are."""
    text_rows: Positive = 1
    """Rows of each domain of the mixture on which the price of a change is measured."""
    ridge: PositiveFloat = 1e-3
    """How much of the misfit is left, for less change; relative to the kernel's mean diagonal."""

    def __post_init__(self) -> None:
        if not self.exchanges:
            raise ValueError("exchanges must name a stage of safety exchanges")
        if not 0 < self.over_refusal < 1:
            raise ValueError(f"over_refusal lies between 0 and 1 ({self.over_refusal} given)")
