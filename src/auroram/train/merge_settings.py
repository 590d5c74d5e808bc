"""What a recipe can say of models that are merged."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, ClassVar, Literal

from annotated_types import Gt, Le
from pydantic import Field

from auroram.model.choices import BackendChoice, Choice
from auroram.settings import Positive, PositiveFloat, Share, Weight, settings

Density = Annotated[float, Gt(0), Le(1)]


@settings
class Linear:
    """The mean of the models, by their weights; the base counts where it is named among them.

    Source: Wortsman et al. 2022, arXiv:2203.05482.
    """

    kind: Literal["linear"] = "linear"


@settings
class Slerp:
    """Along the arc from the base to one model, whose weight says how far: 0 to 1.

    Source: Shoemake 1985, Animating rotation with quaternion curves.
    """

    kind: Literal["slerp"] = "slerp"


@settings
class TaskArithmetic:
    """The base and the task vectors on top of it, each times its model's weight.

    Source: Ilharco et al. 2022, arXiv:2212.04089.
    """

    kind: Literal["task-arithmetic"] = "task-arithmetic"
    scale: PositiveFloat = 1.0
    """What the sum of the task vectors is multiplied by."""


@settings
class Ties:
    """Task vectors trimmed to their largest entries; of the others, those of the elected sign.

    An entry's sign is that of the sum over the models; the mean of the entries with that sign, by
    their models' weights, goes on top of the base.

    Source: Yadav et al. 2023, arXiv:2306.01708.
    """

    kind: Literal["ties"] = "ties"
    density: Density = 0.2
    """Share of the entries of a task vector that is kept, the largest."""
    scale: PositiveFloat = 1.0
    """What the merged task vector is multiplied by."""


@settings
class Dare:
    """Task vectors with most entries dropped by chance and the others enlarged in return.

    The same seed drops the same entries. Source: Yu et al. 2023, arXiv:2311.03099.
    """

    kind: Literal["dare"] = "dare"
    density: Density = 0.1
    """Share of the entries that is kept; they are divided by it."""
    elect_signs: bool = False
    """Whether only entries of the elected sign count, as in TIES."""
    scale: PositiveFloat = 1.0
    """What the merged task vector is multiplied by."""


AnyMethod = Annotated[Linear | Slerp | TaskArithmetic | Ties | Dare, Field(discriminator="kind")]
"""The methods that a recipe can name by `kind`."""


@settings
class MergeModels:
    """Merges models that were trained from one base."""

    kind: Literal["merge"] = "merge"
    room: ClassVar[str] = "train"
    base: str = "base"
    """Stage of the model that all began from; the result has its settings and its tokenizer."""
    models: Mapping[str, Weight]
    """Stage to the weight of its model."""
    method: AnyMethod = field(default_factory=Linear)
    """How the tensors are merged."""

    def __post_init__(self) -> None:
        if not any(self.models.values()):
            raise ValueError("models must hold at least one stage with a weight above 0")
        weights = list(self.models.values())
        if self.method.kind == "slerp" and (len(weights) != 1 or weights[0] > 1):
            raise ValueError(
                f"slerp goes from the base to one model with a weight of 0 to 1 "
                f"({len(weights)} given, {weights}); name one, or choose another method"
            )

    def reads(self) -> tuple[str, ...]:
        """The base and the models."""
        return tuple(dict.fromkeys((self.base, *self.models)))

    def files(self) -> tuple[str, ...]:
        """None: everything comes from earlier stages."""
        return ()


SHARES = tuple(n / 10 for n in range(11))


@settings
class MergeSweep:
    """Measures the models between two on held-out rows."""

    kind: Literal["merge-sweep"] = "merge-sweep"
    room: ClassVar[str] = "train"
    base: str = "base"
    """Stage of the model at share 0."""
    model: str
    """Stage of the model at share 1."""
    tokens: str
    """Stage of kind `tokens`, whose held-out shards are measured on."""
    shares: tuple[Share, ...] = field(default=SHARES)
    """Shares of the trained model, rising."""
    rows: Positive = 8
    """Rows of each held-out domain, the same for every share."""
    sequence_tokens: Positive = 512
    """Length of a row."""
    micro_batch_tokens: Positive = 1024
    """Tokens that go through the model at once."""
    precision: Choice = "fastest"
    """Of the matrix products."""
    attention: BackendChoice = "fastest"
    """How attention is computed, as in a training stage."""

    def __post_init__(self) -> None:
        if not self.shares or list(self.shares) != sorted(set(self.shares)):
            raise ValueError(f"shares must rise and hold at least one ({list(self.shares)} given)")

    def reads(self) -> tuple[str, ...]:
        """Both models and the tokens."""
        return tuple(dict.fromkeys((self.base, self.model, self.tokens)))

    def files(self) -> tuple[str, ...]:
        """None: everything comes from earlier stages."""
        return ()
