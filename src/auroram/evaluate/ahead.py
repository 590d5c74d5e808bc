"""What a model's shape refuses of a stage that measures it: known before any stage has worked."""

from typing import TypeAlias

from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.settings import Evaluate
from auroram.model.reading import longest_row

Foreseen: TypeAlias = Evaluate | Probe
"""Settings of a stage that reads texts in windows."""


def check_ahead(settings: Foreseen, model: PreTrainedModel, name: str) -> None:
    """Refuse windows that are longer than the model's positions.

    Args:
        settings: of the stage.
        model: without weights.
        name: of the stage.

    Raises:
        ConfigError: naming the setting.
    """
    longest = longest_row(model)
    if longest is not None and settings.context_tokens > longest:
        raise ConfigError(
            f"stages.{name}.context_tokens: {settings.context_tokens} is more than the {longest} "
            "positions of the model; lower it"
        )
