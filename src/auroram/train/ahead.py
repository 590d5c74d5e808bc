"""What a model's shape refuses of a stage's settings: known before any stage has worked.

The models of a recipe descend from its base, and none of its stages changes the number of layers,
heads or positions, so that the base's config.json is enough.
"""

from typing import TypeAlias

from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.model.choices import Device
from auroram.train.checks import check_device, check_shape
from auroram.train.merge_settings import MergeSweep
from auroram.train.ranks.count import check_ranks
from auroram.train.ranks.fit import check_model_fits
from auroram.train.selection import select, token_layers
from auroram.train.settings import Train

Foreseen: TypeAlias = Train | MergeSweep
"""Settings of a stage that puts rows through a model."""


def check_ahead(
    settings: Foreseen, model: PreTrainedModel, name: str, *, ranks: int, device: Device | None
) -> None:
    """Refuse settings that do not fit a model of this shape, the ranks or the device.

    Args:
        settings: of the stage.
        model: without weights; which of its parameters train changes.
        name: of the stage.
        ranks: that train together.
        device: that the model will lie on; None where it is elsewhere and taken to do all.

    Raises:
        ConfigError, DataError: naming the setting.
    """
    if isinstance(settings, Train):
        check_ranks(settings, ranks, name)
        if device:
            check_device(settings, device, name)
    check_shape(settings, model, name, device=device or "cuda")
    if not isinstance(settings, Train):
        return
    check_model_fits(settings.mesh, model, f"stages.{name}")
    try:
        select(settings.trains, model, token_layers(model))
    except ValueError as error:
        raise ConfigError(f"stages.{name}.trains: {error}") from None
