"""A model folder as something one can talk to, one conversation at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel

from auroram.errors import DataError
from auroram.model.folder import load_model
from auroram.model.generation import greedy, reply_text
from auroram.model.reading import longest_row
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.records.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalChat:
    """A model and its tokenizer: greedy replies through the model's own chat template."""

    name: str
    model: PreTrainedModel
    tokenizer: Tokenizer
    max_tokens: int
    """Longest reply."""

    def chat(self, messages: Sequence[Message]) -> str:
        """The assistant's next turn.

        Raises:
            DataError: where conversation and reply do not fit into the model's positions.
        """
        ids, limit = self.tokenizer.chat(messages, reply=True), longest_row(self.model)
        if limit is not None and len(ids) + self.max_tokens > limit:
            raise DataError(
                f"{len(ids)} tokens and a reply of {self.max_tokens} are more than the model's "
                f"{limit} positions; shorten the conversation"
            )
        written = greedy(self.model, self.tokenizer, [ids], max_tokens=self.max_tokens)[0]
        return reply_text(self.tokenizer, written)


def load_chat(folder: Path, *, max_tokens: int, name: str = "") -> LocalChat:
    """The chat model of a Hugging Face folder.

    Raises:
        DataError: where the folder holds no model or no tokenizer.
    """
    return LocalChat(
        name=name or folder.name,
        model=load_model(folder),
        tokenizer=load_tokenizer(folder),
        max_tokens=max_tokens,
    )
