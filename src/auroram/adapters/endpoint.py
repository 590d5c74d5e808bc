"""A model behind an address that speaks OpenAI's chat completions: asked greedily, with patience.

What may pass is tried again, waiting twice as long each time or as long as the server asks for:
a refused connection, a time-out, 408, 429, and 5xx. What will not pass stops the work at once.
"""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from auroram.errors import ConfigError, DataError, RunError
from auroram.ports import Asked, Endpoint

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_REFUSED = (401, 403)
_PASSING = (408, 409, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointWriter:
    """Asks one model of one server."""

    settings: Endpoint
    key: str
    """Sent as a bearer token; empty where the server needs none."""
    first_pause_seconds: float = _FIRST_PAUSE_SECONDS
    """Wait before the second attempt."""

    @property
    def name(self) -> str:
        """`endpoint` and the model."""
        return f"endpoint {self.settings.model}"

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[str]:
        """An answer to each, in order; several are asked for at a time.

        Raises:
            ConfigError: where the server refuses the key.
            DataError: where it does not know the model or the path.
            RunError: where it fails, or answers something else, at every attempt.
        """
        pool = ThreadPoolExecutor(self.settings.parallel)
        try:
            return list(pool.map(partial(self._one, max_tokens=max_tokens), asked))
        finally:
            # What waits behind a failure would fail too, each after all of its attempts.
            pool.shutdown(cancel_futures=True)

    def _one(self, asked: Asked, *, max_tokens: int) -> str:
        fault = ""
        pause = self.first_pause_seconds
        for attempt in range(self.settings.attempts):
            if attempt:
                time.sleep(min(pause, _LONGEST_PAUSE_SECONDS))
                pause *= 2
            try:
                return _text_of(self._post(asked, max_tokens))
            except urllib.error.HTTPError as error:
                fault = self._passing(error)
                pause = max(pause, _asked_pause(error))
            except (OSError, http.client.HTTPException) as error:
                fault = str(getattr(error, "reason", error)) or type(error).__name__
            except (ValueError, LookupError, TypeError) as error:
                fault = f"not an answer of chat completions ({error})"
        raise RunError(
            f"{self.settings.url}: no answer in {self.settings.attempts} attempts ({fault}); see "
            "that the server is up and run again: what was written is kept"
        )

    def _post(self, asked: Asked, max_tokens: int) -> bytes:
        body = {
            "model": self.settings.model,
            "messages": [
                {"role": "system", "content": asked.instruction},
                {"role": "user", "content": asked.text},
            ],
            "temperature": 0,
            "max_tokens": max_tokens,
        }
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.key}"} if self.key else {}
        address = f"{self.settings.url.rstrip('/')}/chat/completions"
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=self.settings.timeout_seconds) as reply:
            content: bytes = reply.read()
        return content

    def _passing(self, error: urllib.error.HTTPError) -> str:
        """What the server said, where trying again may help; else the error it means."""
        said = f"HTTP {error.code} {error.reason}"
        if error.code in _REFUSED:
            variable = self.settings.key_variable or "key_variable"
            raise ConfigError(
                f"{self.settings.url}: the key is refused ({said}); check what {variable} holds"
            ) from None
        if error.code < 500 and error.code not in _PASSING:
            raise DataError(
                f"{self.settings.url}: {self.settings.model!r} cannot be asked ({said}); check url "
                "and model in the recipe"
            ) from None
        return said


def open_endpoint(settings: Endpoint) -> EndpointWriter:
    """The writer, with its key from the environment.

    Raises:
        ConfigError: where the variable that should hold the key is not set.
    """
    variable = settings.key_variable
    key = os.environ.get(variable, "") if variable else ""
    if variable and not key:
        raise ConfigError(f"{settings.url}: needs a key; set the environment variable {variable}")
    return EndpointWriter(settings=settings, key=key)


def _text_of(content: bytes) -> str:
    text = json.loads(content)["choices"][0]["message"]["content"]
    if not isinstance(text, str):
        raise TypeError(f"content is {type(text).__name__}")
    return text.strip()


def _asked_pause(error: urllib.error.HTTPError) -> float:
    """Seconds that the server asks to wait; 0 where it asks for none."""
    stated = error.headers.get("Retry-After", "")
    return float(stated) if stated.isdigit() else 0.0
