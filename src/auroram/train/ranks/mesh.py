"""How the ranks of a training stage share its work, and whether they can."""

from typing import Literal

from auroram.errors import ConfigError
from auroram.settings import Positive, settings


@settings
class Mesh:
    """Degrees of parallelism; their product is the number of ranks.

    One process is a mesh of one rank. The order of the samples does not depend on the mesh. Ranks
    of one tensor group have numbers beside one another, those of a pipeline far from one another.
    """

    data: Positive | Literal["rest"] = "rest"
    """Ranks that read different rows and share weights, gradients and moments out among them;
    `rest` is what the other degrees leave, so that one recipe fits any number of ranks."""
    tensor: Positive = 1
    """Ranks that share out each layer's matrices: best within one node."""
    pipeline: Positive = 1
    """Ranks that hold one part of the layers after another: best between nodes."""
    context: Positive = 1
    """Ranks that share out the positions of a row, for rows that are too long for one; weights,
    gradients and moments are shared out among them too."""

    def data_of(self, world: int) -> int:
        """The data degree of so many ranks.

        Raises:
            ValueError: where the degrees do not multiply to the number of ranks.
        """
        others = self.tensor * self.pipeline * self.context
        data = max(1, world // others) if self.data == "rest" else self.data
        if data * others != world:
            raise ValueError(
                f"{data * others} ranks are needed ({self._degrees(data)}), but {world} run; "
                "change the mesh, or how many `auroram launch --ranks` starts "
                "(`auroram plan --devices`)"
            )
        return data

    def _degrees(self, data: int) -> str:
        others = {"pipeline": self.pipeline, "context": self.context}
        named = {"data": data, "tensor": self.tensor}
        named |= {axis: degree for axis, degree in others.items() if degree > 1}
        return " x ".join(f"{axis} {degree}" for axis, degree in named.items())


@settings
class Rows:
    """What the rows of a step look like."""

    a_step: int
    """How many there are."""
    at_once: int
    """How many go through the model together."""
    tokens: int
    """Length of each."""


def check_rows(mesh: Mesh, *, world: int, rows: Rows, place: str) -> None:
    """Refuse a number of ranks that the mesh or the rows of a step do not divide into.

    Raises:
        ConfigError: naming the numbers.
    """
    try:
        data = mesh.data_of(world)
    except ValueError as error:
        raise ConfigError(f"{place}.mesh: {error}") from None
    each, left = divmod(rows.a_step, data)
    if left:
        raise ConfigError(
            f"{place}.batch_tokens: {rows.a_step} rows a step do not divide among {data} data "
            "ranks; change batch_tokens or the mesh"
        )
    if rows.tokens % mesh.context:
        raise ConfigError(
            f"{place}.mesh.context: {mesh.context} ranks do not divide the {rows.tokens} positions "
            "of a row (sequence_tokens); choose a divisor"
        )
    if mesh.pipeline > 1 and each % min(each, rows.at_once):
        raise ConfigError(
            f"{place}.micro_batch_tokens: a pipeline takes micro-batches of one size, but "
            f"{rows.at_once} rows do not divide the {each} of a rank; choose a divisor"
        )
