"""How a chat model behind an OpenAI-compatible endpoint is reached."""

from auroram.settings import Positive, PositiveFloat, settings


@settings
class Endpoint:
    """An address, a model's name there, and how much patience is had with it."""

    url: str
    """Up to and with `/v1`: `http://127.0.0.1:8000/v1`."""
    model: str
    """The name by which the endpoint knows its model."""
    key_file: str = ""
    """File whose first line is the key, for an endpoint that asks for one; keys do not belong into
    a recipe."""
    max_tokens: Positive = 256
    """Longest reply."""
    timeout_seconds: PositiveFloat = 60.0
    """From the question to the last byte of the reply."""
    tries: Positive = 4
    """How often a question is asked whose reply does not come or makes no sense."""
    first_wait_seconds: PositiveFloat = 0.5
    """Before the second try; each later wait is twice as long."""
    largest_reply_bytes: Positive = 1 << 20
    """More than that is not read."""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url must begin with http:// or https:// (got {self.url!r})")
