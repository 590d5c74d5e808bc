"""A model on this machine that writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from transformers import PreTrainedModel

from auroram.model.folder import load_model
from auroram.model.generation import generate, reply_text
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Asked
from auroram.redteam.writers import turns


@dataclass(frozen=True, kw_only=True)
class ModelWriter:
    """The model of a Hugging Face folder, asked greedily through its chat template."""

    folder: Path
    label: str
    """As the recipe calls the model."""

    @property
    def name(self) -> str:
        """`model` and what the recipe calls it."""
        return f"model {self.label}"

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[str]:
        """An answer to each, in order."""
        prompts = [self._tokenizer.chat(turns(one), reply=True) for one in asked]
        ids = generate(self._model, self._tokenizer, prompts, max_tokens=max_tokens)
        return [reply_text(self._tokenizer, answer) for answer in ids]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return load_tokenizer(self.folder)

    @cached_property
    def _model(self) -> PreTrainedModel:
        return load_model(self.folder)
