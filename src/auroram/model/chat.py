"""A model folder as something one can talk to, one conversation at a time."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel

from auroram.errors import DataError
from auroram.model.choices import Device, Precision
from auroram.model.folder import load_model_in
from auroram.model.generation import reply_text, token_by_token
from auroram.model.reading import longest_row
from auroram.model.sampling import GREEDY, Sampling
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.records.message import Message
from auroram.records.piece import Piece, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalChat:
    """A model and its tokenizer: greedy replies through the model's own chat template."""

    name: str
    model: PreTrainedModel
    tokenizer: Tokenizer
    max_tokens: int
    """Longest reply."""
    sampling: Sampling = GREEDY
    """How each token is chosen."""

    def chat(self, messages: Sequence[Message]) -> str:
        """The assistant's next turn.

        Raises:
            DataError: where conversation and reply do not fit into the model's positions.
        """
        return joined(self.whole(messages)).text

    def whole(
        self, messages: Sequence[Message], *, max_tokens: int | None = None
    ) -> Generator[Piece, None, None]:
        """The turn as `stream` gives it; see `SpeakingModel`."""
        return self.stream(messages, max_tokens=max_tokens)

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int | None = None
    ) -> Generator[Piece, None, None]:
        """The turn as it is written; a character whose bytes are not all there yet is held back."""
        ids, limit = self.tokenizer.chat(messages, reply=True), longest_row(self.model)
        most = min(self.max_tokens, max_tokens or self.max_tokens)
        if limit is not None and len(ids) + most > limit:
            raise DataError(
                f"{len(ids)} tokens and a reply of {most} are more than the model's "
                f"{limit} positions; shorten the conversation"
            )
        reply: list[int] = []
        sent = 0
        tokens = token_by_token(
            self.model, self.tokenizer, ids, max_tokens=most, sampling=self.sampling
        )
        for token in tokens:
            reply.append(token)
            text = reply_text(self.tokenizer, reply)
            if len(text) > sent:
                yield Piece(text=text[sent:], asked_tokens=len(ids), written_tokens=len(reply))
                sent = len(text)
        yield Piece(
            text="",
            ends="length" if len(reply) == most else "stop",
            asked_tokens=len(ids),
            written_tokens=len(reply),
        )


def load_chat(  # noqa: PLR0913 -- four of them have defaults
    folder: Path,
    *,
    max_tokens: int,
    name: str = "",
    sampling: Sampling = GREEDY,
    precision: Precision = "float32",
    device: Device = "cpu",
) -> LocalChat:
    """The chat model of a Hugging Face folder.

    Raises:
        DataError: where the folder holds no model or no tokenizer.
    """
    return LocalChat(
        name=name or folder.name,
        model=load_model_in(folder, precision, device),
        tokenizer=load_tokenizer(folder),
        max_tokens=max_tokens,
        sampling=sampling,
    )
