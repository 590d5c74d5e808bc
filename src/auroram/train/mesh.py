"""How the ranks of a training stage share its work, and whether they can."""

from fnmatch import fnmatch
from typing import Literal

from torch import nn
from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.settings import Positive, settings
from auroram.train.tensor_plan import tensor_plan


@settings
class Mesh:
    """Degrees of parallelism; their product is the number of ranks.

    One process is a mesh of one rank. The order of the samples does not depend on the mesh.
    """

    data: Positive | Literal["rest"] = "rest"
    """Ranks that read different rows and share weights, gradients and moments out among them;
    `rest` is what the other degrees leave, so that one recipe fits any number of ranks."""
    tensor: Positive = 1
    """Ranks that share out each layer's matrices: best within one node."""
    pipeline: Positive = 1
    """Ranks that hold one layer after another; more than 1 is not supported yet."""
    context: Positive = 1
    """Ranks that share out the positions of a row; more than 1 is not supported yet."""

    def __post_init__(self) -> None:
        for axis in ("pipeline", "context"):
            if getattr(self, axis) > 1:
                raise ValueError(
                    f"{axis} parallelism is not supported yet ({getattr(self, axis)} given); "
                    "use data and tensor"
                )

    def data_of(self, world: int) -> int:
        """The data degree of so many ranks.

        Raises:
            ValueError: where the degrees do not multiply to the number of ranks.
        """
        data = max(1, world // self.tensor) if self.data == "rest" else self.data
        if data * self.tensor != world:
            raise ValueError(
                f"{data * self.tensor} ranks are needed (data {data} x tensor {self.tensor}), "
                f"but {world} run; change the mesh or start with `auroram launch --ranks`"
            )
        return data


def check_rows(mesh: Mesh, *, world: int, rows_a_step: int, place: str) -> None:
    """Refuse a number of ranks that the mesh or the rows of a step do not divide into.

    Raises:
        ConfigError: naming the numbers.
    """
    try:
        data = mesh.data_of(world)
    except ValueError as error:
        raise ConfigError(f"{place}.mesh: {error}") from None
    if rows_a_step % data:
        raise ConfigError(
            f"{place}.batch_tokens: {rows_a_step} rows a step do not divide among {data} data "
            "ranks; change batch_tokens or the mesh"
        )


def check_tensor(mesh: Mesh, model: PreTrainedModel, place: str) -> None:
    """Refuse a tensor degree that does not divide the model's heads and matrices.

    Raises:
        ConfigError: naming the first thing that does not divide.
    """
    if mesh.tensor == 1:
        return
    try:
        plan = tensor_plan(model)
    except ValueError as error:
        raise ConfigError(f"{place}.mesh.tensor: {error}") from None
    for what, count in _shared_out(model, plan):
        if count % mesh.tensor:
            raise ConfigError(
                f"{place}.mesh.tensor: {mesh.tensor} ranks do not divide the model's {count} "
                f"{what}; choose a divisor"
            )


def _shared_out(model: PreTrainedModel, plan: dict[str, str]) -> list[tuple[str, int]]:
    """What is cut into as many parts as there are tensor ranks, and how many of each there are."""
    config = model.config
    counts = []
    if any(style == "colwise" and "attn" in name for name, style in plan.items()):
        heads = config.num_attention_heads
        keys = getattr(config, "num_key_value_heads", None) or heads
        counts = [("attention heads", heads), ("key-value heads", keys)]
    for name, module in model.base_model.named_modules():
        style = next((plan[key] for key in plan if fnmatch(name, key)), "")
        if isinstance(module, nn.Linear) and style.startswith(("colwise", "rowwise")):
            size = module.out_features if style.startswith("col") else module.in_features
            counts.append((f"features of {name}", size))
    return counts
