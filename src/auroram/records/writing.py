"""How a text is to be gone on with: what any writer of text is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The limits of a reply, and how it is chosen."""

    max_tokens: int
    stops: tuple[str, ...] = ()
    """A reply ends before the first of these."""
    temperature: float | None = None
    """None takes the likeliest token."""
    top_p: float = 1.0
    replies: int = 1
    """How many to each prompt."""
    seed: int = 0
