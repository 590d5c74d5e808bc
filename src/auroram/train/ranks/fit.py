"""Whether a model's layers, heads and matrices divide among the ranks of a mesh."""

from fnmatch import fnmatch

from torch import nn
from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.model.attention import has_sinks
from auroram.model.decoder import decoder_of
from auroram.train.ranks.mesh import Mesh
from auroram.train.ranks.pipeline_cut import decoder_layers, parts_of_all
from auroram.train.ranks.tensor_plan import tensor_plan


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
    if others := parts_of_all(model):
        raise ConfigError(
            f"{place}.mesh.pipeline: a model of type {model.config.model_type!r} has parts that "
            f"all layers share ({', '.join(others)}); use data and tensor"
        )
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
    if has_sinks(model):
        raise ConfigError(
            f"{place}.mesh.context: attention of a {model.config.model_type!r} has a sink for each "
            "head, which ranks that share out heads do not know; use data alone"
        )
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
    config = model.config.get_text_config()
    heads = config.num_attention_heads
    if getattr(config, "multi_query", False):
        return heads, 1
    return heads, getattr(config, "num_key_value_heads", None) or heads


def _shared_out(model: PreTrainedModel, plan: dict[str, str]) -> list[tuple[str, int]]:
    """What is cut into as many parts as there are tensor ranks, and how many of each there are."""
    counts = []
    if cuts_heads(model, 2):
        counts = list(zip(("attention heads", "key-value heads"), _heads(model), strict=True))
    for name, module in decoder_of(model).named_modules():
        style = next((plan[key] for key in plan if fnmatch(name, key)), "")
        if isinstance(module, nn.Linear) and style.startswith(("colwise", "rowwise")):
            size = module.out_features if style.startswith("col") else module.in_features
            counts.append((f"features of {name}", size))
    return counts
