"""Whether the stages of a recipe fit its base model, asked as soon as the model is there.

A stage asks again when it runs, with the model in memory. What the base's own files decide is told
before hours of reading and curating text are spent: no weights are read, and torch is not needed.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from auroram.errors import ConfigError, DataError
from auroram.model.tokenizer import load_tokenizer
from auroram.records.canonical import Json
from auroram.settings import StageSettings
from auroram.train.merge_settings import MergeSweep
from auroram.train.settings import Train
from auroram.vocabulary.byte_level import read_byte_level
from auroram.vocabulary.cutting import marks_of
from auroram.vocabulary.settings import ExtendVocabulary, Tokens

POSITIONS = ("max_position_embeddings", "n_positions", "attention_chunk_size")
LAYERS = ("num_hidden_layers", "n_layer")
"""What `config.json` calls them; a model that names none is asked when it is loaded."""


def check_fit(stages: Mapping[str, StageSettings], folder: Path) -> None:
    """Refuse a recipe of which some stage cannot work with the base model.

    Args:
        stages: name to settings. All their models come from the base.
        folder: of the base model.

    Raises:
        ConfigError: naming every fault, one a line.
    """
    table = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = table.get("text_config", table)
    faults = [
        fault
        for name, stage in stages.items()
        for fault in (*_faults_of_shape(name, stage, shape), *_faults_of_text(name, stage, folder))
    ]
    if faults:
        raise ConfigError("\n  ".join(["the recipe does not fit its base model:", *faults]))


def _faults_of_shape(name: str, stage: StageSettings, shape: Json) -> Iterator[str]:
    limit = min((shape[key] for key in POSITIONS if shape.get(key)), default=None)
    if isinstance(stage, Train | MergeSweep) and limit and stage.sequence_tokens > limit:
        yield (
            f"stages.{name}.sequence_tokens: {stage.sequence_tokens} is more than the {limit} "
            "positions of the model; lower it"
        )
    layers = next((shape[key] for key in LAYERS if shape.get(key)), None)
    if isinstance(stage, Train) and layers and stage.trains.highest >= layers:
        yield (
            f"stages.{name}.trains: layers names {stage.trains.highest}, but the model has "
            f"{layers} layers, 0 to {layers - 1}"
        )


def _faults_of_text(name: str, stage: StageSettings, folder: Path) -> Iterator[str]:
    try:
        if isinstance(stage, ExtendVocabulary):
            read_byte_level(folder / "tokenizer.json")
        if isinstance(stage, Tokens) and stage.exchanges:
            load_tokenizer(folder).exchange("Why?", "So.")
        if isinstance(stage, Tokens) and stage.fill_in_the_middle:
            marks_of(load_tokenizer(folder), f"stages.{name}.fill_in_the_middle")
    except DataError as error:
        text = str(error)
        yield text if text.startswith("stages.") else f"stages.{name}: {text}"
