"""An OpenAI-compatible server over one chat model: chat and completions, streamed or whole.

A completion is asked as a conversation of one message. One reply is written at a time; so many
may wait, and whoever comes after them is told to come again. A reply is complete before its first
byte goes out, so that a guard has seen all of it. Sampling parameters that change nothing here
(replies are greedy) are accepted and named in `system_fingerprint`; what would change the meaning
of an answer (`n`, tools, images) is refused.
"""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from typing import Any

from auroram.errors import DataError, NoReplyError, UserError
from auroram.ports import ChatModel
from auroram.records.canonical import Json
from auroram.records.message import Message

try:
    from fastapi import FastAPI, Request
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse, Response, StreamingResponse
except ImportError:
    raise UserError(
        "serve: FastAPI is not installed; install it with `pip install 'auroram[serve]'`"
    ) from None

PIECE = 24
"""Characters in an event of a stream."""

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}

GREEDY = "greedy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """What a request may ask of the server."""

    body_bytes: int = 1 << 20
    messages: int = 256
    waiting: int = 16
    """Requests that may wait beside the one that is answered."""


class _Refused(Exception):  # noqa: N818 -- never leaves this file
    """A request that is not answered, with the status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The model, its limits, and who is waiting for it."""

    model: ChatModel
    limits: ServerLimits
    places: BoundedSemaphore
    busy: Lock = field(default_factory=Lock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the model, or be told that too many wait already."""
        if not self.places.acquire(blocking=False):
            raise _Refused(429, f"{self.limits.waiting} requests are waiting; come again")
        try:
            with self.busy:
                yield
        finally:
            self.places.release()

    def reply(self, messages: list[Message]) -> str:
        """The model's reply, or a refusal that says whose fault it is."""
        with self.turn():
            try:
                return self.model.chat(messages)
            except DataError as error:
                raise _Refused(400, str(error)) from None
            except NoReplyError as error:
                raise _Refused(503, str(error)) from None


def openai_app(model: ChatModel, limits: ServerLimits | None = None) -> FastAPI:
    """The application; any ASGI server runs it."""
    limits = limits or ServerLimits()
    service = Service(model=model, limits=limits, places=BoundedSemaphore(limits.waiting + 1))
    app = FastAPI(title="Auroram", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(_Refused)
    def refused(_request: Request, error: _Refused) -> JSONResponse:
        kind = "server_error" if error.status >= 500 else "invalid_request_error"
        table = {"error": {"message": str(error), "type": kind, "code": None, "param": None}}
        return JSONResponse(table, status_code=error.status)

    @app.get("/v1/models")
    def models() -> Json:
        one = {"id": model.name, "object": "model", "created": 0, "owned_by": "auroram"}
        return {"object": "list", "data": [one]}

    @app.get("/health")
    def health() -> Json:
        return {"status": "ok"}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        table = await _body(request, limits)
        messages = _messages(table, limits)
        return await _answered(service, messages, table, chat=True)

    @app.post("/v1/completions")
    async def completions(request: Request) -> Response:
        table = await _body(request, limits)
        prompt = table.get("prompt")
        if isinstance(prompt, list) and len(prompt) == 1:
            prompt = prompt[0]
        if not isinstance(prompt, str) or not prompt:
            raise _Refused(400, "prompt must be a text")
        return await _answered(service, [Message(role="user", content=prompt)], table, chat=False)

    return app


async def _answered(
    service: Service, messages: list[Message], table: Json, *, chat: bool
) -> Response:
    text = await run_in_threadpool(service.reply, messages)
    text = _before_stops(text, table.get("stop"))
    shape = _Shape(name=service.model.name, chat=chat)
    if table.get("stream"):
        return StreamingResponse(shape.events(text), media_type="text/event-stream")
    return JSONResponse(shape.whole(text))


async def _body(request: Request, limits: ServerLimits) -> Json:
    """The request's object; read no further than the limit."""
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > limits.body_bytes:
            raise _Refused(413, f"a request may be {limits.body_bytes} bytes long")
    try:
        table = json.loads(bytes(raw))
    except ValueError as error:
        raise _Refused(400, f"not JSON ({error})") from None
    if not isinstance(table, dict):
        raise _Refused(400, "a request is an object")
    if table.get("n") not in (None, 1):
        raise _Refused(400, "n must be 1: replies are greedy, so more would be the same")
    for name in ("tools", "functions", "logprobs"):
        if table.get(name):
            raise _Refused(400, f"{name} is not known here")
    return table


def _messages(table: Json, limits: ServerLimits) -> list[Message]:
    given = table.get("messages")
    if not isinstance(given, list) or not given:
        raise _Refused(400, "messages must be a list with at least one message")
    if len(given) > limits.messages:
        raise _Refused(400, f"a conversation may have {limits.messages} messages")
    return [_message(one) for one in given]


def _message(one: Any) -> Message:  # noqa: ANN401 -- whatever came over the wire
    role, content = (one.get("role"), one.get("content")) if isinstance(one, dict) else (None, None)
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else None for part in content]
        content = "".join(parts) if all(isinstance(part, str) for part in parts) else None  # type: ignore[arg-type]
    if role not in ROLES or not isinstance(content, str):
        raise _Refused(
            400, "a message has a role (system, user, assistant) and a content that is text"
        )
    return Message(role=ROLES[role], content=content)  # type: ignore[arg-type]


def _before_stops(text: str, stops: object) -> str:
    wanted = [stops] if isinstance(stops, str) else stops if isinstance(stops, list) else []
    places = [text.find(stop) for stop in wanted if isinstance(stop, str) and stop]
    found = [place for place in places if place >= 0]
    return text[: min(found)] if found else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A reply in the shape of one of the two protocols."""

    name: str
    chat: bool
    id: str = field(default_factory=lambda: f"auroram-{uuid.uuid4().hex[:24]}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, text: str) -> Json:
        """The reply as one object."""
        choice = (
            {"message": {"role": "assistant", "content": text}} if self.chat else {"text": text}
        )
        usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        kind = "chat.completion" if self.chat else "text_completion"
        return self._head(kind) | {"choices": [self._choice(choice, "stop")], "usage": usage}

    def events(self, text: str) -> Iterator[str]:
        """The reply as a stream of server-sent events."""
        kind = "chat.completion.chunk" if self.chat else "text_completion"
        for start in range(0, len(text), PIECE):
            piece = text[start : start + PIECE]
            part = {"delta": {"content": piece}} if self.chat else {"text": piece}
            yield self._event(kind, part, None)
        yield self._event(kind, {"delta": {}} if self.chat else {"text": ""}, "stop")
        yield "data: [DONE]\n\n"

    def _event(self, kind: str, part: Json, finish: str | None) -> str:
        table = self._head(kind) | {"choices": [self._choice(part, finish)]}
        return f"data: {json.dumps(table, ensure_ascii=False)}\n\n"

    def _head(self, kind: str) -> Json:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.name,
            "system_fingerprint": GREEDY,
        }

    def _choice(self, part: Json, finish: str | None) -> Json:
        return {"index": 0, "finish_reason": finish, "logprobs": None} | part
