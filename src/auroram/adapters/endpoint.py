"""A chat model behind an OpenAI-compatible endpoint, asked with patience that has an end.

A reply that does not come in time, stops half-way, is too long or makes no sense is asked for
again, with growing waits; so are the answers by which a server says that it is busy or ill. A
server that refuses the question itself (a wrong key, model or request) is not asked again.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from auroram.errors import DataError, NoReplyError
from auroram.records.canonical import Json, plain
from auroram.records.endpoint import Endpoint
from auroram.records.message import Message

BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""What a server answers that may answer otherwise in a moment."""

_PIECE = 1 << 14

Answer = TypeVar("Answer")


class _Worthless(Exception):  # noqa: N818 -- never leaves this file
    """A reply that came and is of no use."""


@dataclass(frozen=True, slots=True)
class EndpointModel:
    """A chat model that is asked over HTTP."""

    endpoint: Endpoint
    key: str = ""

    @property
    def name(self) -> str:
        """The model's name at the endpoint, and where that is."""
        return f"{self.endpoint.model} at {self.endpoint.url}"

    def chat(self, messages: Sequence[Message]) -> str:
        """The first choice of the reply.

        Raises:
            NoReplyError: after the last try.
            DataError: where the server refuses the question.
        """
        body = {
            "model": self.endpoint.model,
            "messages": plain(list(messages)),
            "max_tokens": self.endpoint.max_tokens,
            "temperature": 0,
        }
        return self.ask("chat/completions", body, _content)

    def ask(self, path: str, body: Json, read: Callable[[bytes], Answer]) -> Answer:
        """What `read` makes of the reply to a request; a ValueError of its means asking again.

        Raises:
            NoReplyError: after the last try.
            DataError: where the server refuses the question.
        """
        wait, reason = self.endpoint.first_wait_seconds, ""
        for number in range(self.endpoint.tries):
            if number:
                time.sleep(wait)
                wait *= 2
            try:
                return read(self._asked(path, body))
            except urllib.error.HTTPError as error:
                with error:
                    reason = _refusal(error)
                if error.code not in BUSY:
                    raise DataError(f"{self.name}: {reason}; check model, key and url") from None
            except (OSError, http.client.HTTPException, ValueError, _Worthless) as error:
                reason = str(error) or type(error).__name__
        raise NoReplyError(f"{self.name}: no reply in {self.endpoint.tries} tries ({reason})")

    def _asked(self, path: str, body: Json) -> bytes:
        """The bytes of one reply, all of them in time."""
        until = time.monotonic() + self.endpoint.timeout_seconds
        request = urllib.request.Request(
            f"{self.endpoint.url.rstrip('/')}/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {self.key}"} if self.key else {}),
        )
        got = bytearray()
        with urllib.request.urlopen(request, timeout=self.endpoint.timeout_seconds) as reply:
            while piece := reply.read1(_PIECE):
                got += piece
                if len(got) > self.endpoint.largest_reply_bytes:
                    raise _Worthless(f"more than {self.endpoint.largest_reply_bytes} bytes")
                if time.monotonic() > until:
                    raise TimeoutError(f"not whole in {self.endpoint.timeout_seconds:g} s")
            # `read1` ends quietly where the server hung up before the bytes it had promised.
            if reply.length:
                raise _Worthless(f"stopped half-way, {reply.length} bytes short")
        return bytes(got)


def open_endpoint(endpoint: Endpoint, root: Path) -> EndpointModel:
    """The model of an endpoint; nothing is asked yet.

    Raises:
        DataError: where the key file cannot be read.
    """
    if not endpoint.key_file:
        return EndpointModel(endpoint)
    try:
        key = (root / endpoint.key_file).read_text(encoding="utf-8").split("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{endpoint.key_file}: the key cannot be read ({error})") from None
    return EndpointModel(endpoint, key)


def _content(raw: bytes) -> str:
    table = json.loads(raw)
    try:
        content = table["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        content = None
    if not isinstance(content, str):
        raise _Worthless(f"a reply without a message ({raw[:60]!r})")
    return content


def _refusal(error: urllib.error.HTTPError) -> str:
    """The server's own words, where it has any."""
    try:
        said = json.loads(error.read(_PIECE))["error"]["message"]
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        said = error.reason
    return f"HTTP {error.code}, {str(said)[:160]}"
