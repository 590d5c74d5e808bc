"""What a recipe can say of optimizers. The learning rate is the schedule's."""

from typing import Annotated, Literal

from pydantic import Field

from auroram.settings import PositiveFloat, Share, Weight, settings


@settings
class AdamW:
    """Adam with decoupled weight decay: two float32 moments a parameter.

    Source: Loshchilov & Hutter 2019, arXiv:1711.05101.
    """

    kind: Literal["adamw"] = "adamw"
    betas: tuple[Share, Share] = (0.9, 0.95)
    """How much of the first and of the second moment each step keeps."""
    epsilon: PositiveFloat = 1e-8
    """Added to the root of the second moment, so that nothing is divided by 0."""
    weight_decay: Weight = 0.0
    """Pull to zero, times the learning rate, on matrices alone."""

    def moment_bytes(self, matrices: int, others: int) -> int:
        """Bytes that are kept of so many numbers in matrices of layers, and of so many others."""
        return 8 * (matrices + others)


@settings
class Adafactor:
    """Second moments by row and column only: hardly any memory, and small checkpoints.

    The learning rate is relative to the size of each tensor, so it is larger than Adam's.

    Source: Shazeer & Stern 2018, arXiv:1804.04235.
    """

    kind: Literal["adafactor"] = "adafactor"
    weight_decay: Weight = 0.0
    """Pull to zero, times the learning rate, on matrices alone."""

    def moment_bytes(self, matrices: int, others: int) -> int:
        """As AdamW's; what is kept of rows and columns is not worth counting."""
        del matrices, others
        return 0


@settings
class Muon:
    """Matrices of the layers move with all directions alike, the rest by AdamW.

    A matrix has one moment, and learning rates are as AdamW's. It needs whole matrices, and so one
    process. Liu et al. 2025 (arXiv:2502.16982) report half the computation for the same loss in
    pretraining from nothing.
    """

    kind: Literal["muon"] = "muon"
    momentum: Share = 0.95
    """How much of its momentum a matrix keeps."""
    betas: tuple[Share, Share] = (0.9, 0.95)
    """Of AdamW, for vectors and embeddings, as is `epsilon`."""
    epsilon: PositiveFloat = 1e-8
    """Added to the root of the second moment, so that nothing is divided by 0."""
    weight_decay: Weight = 0.0
    """Pull to zero, times the learning rate, on matrices alone."""

    def moment_bytes(self, matrices: int, others: int) -> int:
        """As AdamW's: a matrix has its momentum alone."""
        return 4 * matrices + 8 * others


AnyOptimizer = Annotated[AdamW | Adafactor | Muon, Field(discriminator="kind")]
"""The optimizers that a recipe can name by `kind`."""
