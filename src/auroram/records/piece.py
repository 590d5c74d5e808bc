"""A part of a reply, as a model writes it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Ending = Literal["", "stop", "length", "content_filter"]
"""Why a reply ends: the model had said all, or a stop came; the limit of tokens was reached; a
guard stepped in. Empty where it goes on. The words are those of OpenAI's API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Text that follows what was there before."""

    text: str
    ends: Ending = ""
    """Set in the last piece of a reply alone."""
    asked_tokens: int = 0
    """Of the conversation, in the chat template; 0 where no model was asked."""
    written_tokens: int = 0
    """Of the reply so far."""


def joined(pieces: Iterable[Piece]) -> Piece:
    """All pieces of a reply as one; there must be one that ends it."""
    taken = list(pieces)
    return replace(taken[-1], text="".join(piece.text for piece in taken))
