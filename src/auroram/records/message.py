"""One turn of a conversation, as a chat template and an endpoint take it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody says."""

    role: Literal["system", "user", "assistant"]
    content: str
