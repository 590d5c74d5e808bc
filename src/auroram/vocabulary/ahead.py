"""What a tokenizer refuses of a stage's settings: known before any stage has worked.

The tokenizers of a recipe descend from its base's, so that its files are enough.
"""

from pathlib import Path
from typing import TypeAlias

from auroram.errors import DataError
from auroram.model.tokenizer import load_tokenizer
from auroram.vocabulary.byte_level import read_byte_level
from auroram.vocabulary.cutting import marks_of
from auroram.vocabulary.settings import ExtendVocabulary, Tokens

Foreseen: TypeAlias = Tokens | ExtendVocabulary
"""Settings of a stage that works with a tokenizer."""


def check_ahead(settings: Foreseen, folder: Path, name: str) -> None:
    """Refuse settings that do not fit the tokenizer of the base.

    Args:
        settings: of the stage.
        folder: with the base's tokenizer.
        name: of the stage.

    Raises:
        DataError: naming the stage.
    """
    try:
        if isinstance(settings, ExtendVocabulary):
            read_byte_level(folder / "tokenizer.json")
        elif settings.exchanges:
            load_tokenizer(folder).exchange("Why?", "So.")
    except DataError as error:
        raise DataError(f"stages.{name}: {error}") from None
    if isinstance(settings, Tokens) and settings.fill_in_the_middle:
        marks_of(load_tokenizer(folder), f"stages.{name}.fill_in_the_middle")
