"""How the ranks of a training stage share its work, and whether they can."""

from fnmatch import fnmatch
from typing import Literal

from torch import nn
from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.settings import Positive, settings
from auroram.train.ranks.pipeline_cut import decoder_layers
from auroram.train.ranks.tensor_plan import tensor_plan


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
                "change the mesh or start with `auroram launch --ranks`"
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


def check_model_fits(mesh: Mesh, model: PreTrainedModel, place: str) -> None:
    """Refuse degrees that do not divide the model's layers, heads and matrices.

    Raises:
        ConfigError: naming the first thing that does not divide.
    """
    _check_pipeline(mesh, model, place)
    _check_tensor(mesh, model, place)
    _check_context(mesh, model, place)


def _check_pipeline(mesh: Mesh, model: PreTrainedModel, place: str) -> None:
    if mesh.pipeline == 1:
        return
    try:
        layers = len(decoder_layers(model))
    except ValueError as error:
        raise ConfigError(f"{place}.mesh.pipeline: {error}; use data and tensor") from None
    if layers < mesh.pipeline:
        raise ConfigError(
            f"{place}.mesh.pipeline: {mesh.pipeline} ranks are more than the model's {layers} "
            "layers; choose fewer"
        )


def _check_tensor(mesh: Mesh, model: PreTrainedModel, place: str) -> None:
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


def _check_context(mesh: Mesh, model: PreTrainedModel, place: str) -> None:
    """Each context rank attends with some of the heads that a tensor rank has."""
    if mesh.context == 1:
        return
    heads, keys = _heads(model)
    if cuts_heads(model, mesh.tensor):
        heads, keys = heads // mesh.tensor, keys // mesh.tensor
    if heads % mesh.context or (keys % mesh.context and mesh.context % keys):
        raise ConfigError(
            f"{place}.mesh.context: {mesh.context} ranks do not divide the {heads} query heads and "
            f"{keys} key heads that a rank has; choose a divisor"
        )


def cuts_heads(model: PreTrainedModel, tensor: int) -> bool:
    """Whether so many tensor ranks share out the attention heads, and not the matrices alone."""
    if tensor == 1:
        return False
    plan = tensor_plan(model).items()
    return any(style == "colwise" and "attn" in name for name, style in plan)


def _heads(model: PreTrainedModel) -> tuple[int, int]:
    """Query heads and key-value heads."""
    config = model.config
    heads = config.num_attention_heads
    if getattr(config, "multi_query", False):
        return heads, 1
    return heads, getattr(config, "num_key_value_heads", None) or heads


def _shared_out(model: PreTrainedModel, plan: dict[str, str]) -> list[tuple[str, int]]:
    """What is cut into as many parts as there are tensor ranks, and how many of each there are."""
    counts = []
    if cuts_heads(model, 2):
        counts = list(zip(("attention heads", "key-value heads"), _heads(model), strict=True))
    for name, module in model.base_model.named_modules():
        style = next((plan[key] for key in plan if fnmatch(name, key)), "")
        if isinstance(module, nn.Linear) and style.startswith(("colwise", "rowwise")):
            size = module.out_features if style.startswith("col") else module.in_features
            counts.append((f"features of {name}", size))
    return counts
