"""The parts of a training stage that a recipe can set.

What each does is in a file of its own: reading a recipe needs no torch.
"""

import re
from typing import Annotated, Literal

from annotated_types import Gt

from auroram.settings import Positive, PositiveFloat, Share, settings


@settings
class Ema:
    """Exponential moving average of the weights; the stage ends with the average.

    The mean of all steps so far until it is as long as the exponential one, so that the weights
    that the stage began with have no part in it.

    Source: Polyak & Juditsky 1992; for language models Kaddour 2022, arXiv:2209.14981.
    """

    decay: Share = 0.98
    """How much of the average each step keeps, in the long run."""


@settings
class Merge:
    """At the end, weights between the stage's and an earlier stage's.

    Other ways to merge, and merges of more models, are a stage of their own, of kind `merge`.

    Source: Wortsman et al. 2022 (WiSE-FT), arXiv:2109.01903.
    """

    base: str = "base"
    """The earlier stage."""
    share: Share = 0.7
    """0 gives the earlier stage's weights, 1 changes nothing."""


Handling = Literal["stop", "skip", "roll-back"]

Factor = Annotated[float, Gt(1)]


@settings
class Spikes:
    """What stands out. The factors are ours, chosen wide: a spike of note is many times the mean.

    A mixture that changes, or a domain that is rare and hard, raises the loss too.
    """

    loss: Factor = 2.0
    """A loss above so many times the mean of the last steps is a spike."""
    gradient_norm: Factor = 10.0
    """A norm of the gradient, before clipping, above so many times its mean is a spike."""
    window: Positive = 50
    """Steps that the means are taken over. As many must have passed before any is judged."""


@settings
class Checkpoints:
    """When a stage can be resumed, and what that costs on the disk."""

    every_steps: Positive = 200
    """Steps between two checkpoints."""
    moments: Literal["float32", "bfloat16"] = "float32"
    """Type of the optimizer's moments on the disk. With bfloat16 a checkpoint is a third smaller;
    the moments in memory are rounded too, so that a resumed run stays equal to the last bit."""


Compile = Literal["auto", "on", "off"]


@settings
class Distil:
    """On rows of the replayed domains, what an earlier model expects is the target.

    It holds on to all that the earlier model knew of a position and not to one token alone, and
    a replayed text that the base never saw does not pull it away from the base.

    Source: Hinton et al. 2015, arXiv:1503.02531; against forgetting Li & Hoiem 2016,
    arXiv:1606.09282.
    """

    teacher: str = "base"
    """The earlier stage whose model is held on to."""
    share: Share = 1.0
    """How much of the target is the teacher's; the rest is the token that came."""


@settings
class LowRank:
    """Which product is learnt beside a linear layer.

    The best learning rate is about ten times that of training every weight.

    Source: Hu et al. 2021, arXiv:2106.09685.
    """

    rank: Positive = 16
    """Width of the thin matrices."""
    alpha: Positive = 32
    """The product is multiplied by alpha / rank, so that the best rate is the same for any rank."""
    embedding_rate: PositiveFloat = 0.15
    """Learning rate of embeddings that train along, relative to that of the thin matrices."""
    keep_adapter: bool = False
    """Whether the thin matrices are written by themselves too, as a PEFT folder `adapter/`. Norms,
    embeddings and the head are no part of one, so these must be frozen: trains.embeddings = false.
    """


_RANGES = re.compile(r"all|none|\d+(-\d+)?(,\d+(-\d+)?)*")


@settings
class Selection:
    """Which parameters train. What is neither a layer nor an embedding always does."""

    layers: str = "all"
    """`all`, `none`, or numbers and ranges counted from 0: `0-3,8-15`."""
    embeddings: bool = True
    """Whether the token embeddings and the output head train."""

    def __post_init__(self) -> None:
        if not _RANGES.fullmatch(self.layers):
            raise ValueError(
                f"layers must be 'all', 'none' or ranges such as '0-3,8-15' ({self.layers!r} given)"
            )


@settings
class Snapshots:
    """When a stage keeps a model of its own on the way. One process only."""

    every_tokens: Positive
    """Tokens trained on between two snapshots, rounded to whole steps. The end is no snapshot: it
    is the stage's model."""


@settings
class Validation:
    """When the loss on held-out rows is measured, and on how many."""

    every_tokens: Positive = 40_000
    """Tokens trained on between two measurements; the start and the end are measured always."""
    rows: Positive = 4
    """Rows of each held-out domain, the same at every measurement."""
    domains: tuple[str, ...] = ()
    """Domains that are measured; empty for all that have held-out rows."""
