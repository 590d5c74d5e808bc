"""An OpenAI-compatible server over one chat model: chat and completions, streamed or whole.

A completion is asked as a conversation of one message. One reply is written at a time; so many may
wait, and whoever comes after them is told to come again. A stream goes out as the model writes it,
or as its guard lets it; an error before the first piece is a status, after it an event. Whoever
hangs up, streaming or not, ends the writing or gives up the place in the queue. Sampling parameters
that change nothing here (replies are greedy) are accepted, which `system_fingerprint` says; what
would change the meaning of an answer (`n`, tools, images, another model's name) is refused.
"""

import asyncio
import json
import time
import uuid
from asyncio import Lock, Semaphore
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Literal, TypeVar

from auroram.errors import DataError, NoReplyError, UserError
from auroram.model.generation import before_stops
from auroram.ports import SpeakingModel
from auroram.records.canonical import Json
from auroram.records.message import Message
from auroram.records.piece import Ending, Piece, joined

try:
    from anyio import CancelScope
    from fastapi import FastAPI, Request
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse, Response, StreamingResponse
    from starlette.exceptions import HTTPException
except ImportError:
    raise UserError(
        "serve: FastAPI is not installed; install it with `pip install 'auroram[serve]'`"
    ) from None

ROLES: Mapping[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}

GREEDY = "greedy"

Answer = TypeVar("Answer")

_UNKNOWN = ("tools", "functions", "logprobs", "echo", "suffix", "logit_bias")
"""What a request may not ask for: a reply without it would pass for one with it."""


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
    """The model, its limits, who is waiting for it, and whether the server comes to its end."""

    model: SpeakingModel
    limits: ServerLimits
    places: Semaphore
    stopping: Event
    busy: Lock = field(default_factory=Lock)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the model, or be told that too many wait already."""
        if self.places.locked():
            raise _Refused(429, f"{self.limits.waiting} requests are waiting; come again")
        async with self.places, self.busy:
            yield

    async def pieces(
        self, messages: list[Message], max_tokens: int | None, *, streamed: bool
    ) -> AsyncGenerator[Piece, None]:
        """The model's reply, or a refusal that says whose fault it is.

        The turn ends with the last piece, or when this is closed.
        """
        write = self.model.stream if streamed else self.model.whole
        async with self.turn():
            with _blaming(), closing(write(messages, max_tokens=max_tokens)) as pieces:
                while piece := await self._next(pieces):
                    yield piece

    async def _next(self, pieces: Iterator[Piece]) -> Piece | None:
        if self.stopping.is_set():
            raise _Refused(503, "the server is being stopped")
        return await run_in_threadpool(next, pieces, None)


@contextmanager
def _blaming() -> Iterator[None]:
    """Errors of the model as refusals with a status."""
    try:
        yield
    except DataError as error:
        raise _Refused(400, str(error)) from None
    except NoReplyError as error:
        raise _Refused(503, str(error)) from None


def openai_app(
    model: SpeakingModel, limits: ServerLimits | None = None, stopping: Event | None = None
) -> FastAPI:
    """The application; any ASGI server runs it.

    Args:
        model: whose replies are served.
        limits: what a request may ask.
        stopping: set from outside, ends the reply under way and refuses what waits.
    """
    limits = limits or ServerLimits()
    places = Semaphore(limits.waiting + 1)
    service = Service(model=model, limits=limits, places=places, stopping=stopping or Event())
    app = FastAPI(title="Auroram", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(_Refused)
    def refused(_request: Request, error: _Refused) -> JSONResponse:
        return JSONResponse(_fault(error), status_code=error.status)

    @app.exception_handler(HTTPException)
    def astray(request: Request, error: HTTPException) -> JSONResponse:
        asked = f"{request.method} {request.url.path}"
        fault = _Refused(error.status_code, f"{asked}: {str(error.detail).lower()}")
        return JSONResponse(_fault(fault), status_code=error.status_code)

    one = {"id": model.name, "object": "model", "created": 0, "owned_by": "auroram"}

    @app.get("/v1/models")
    def models() -> Json:
        return {"object": "list", "data": [one]}

    @app.get("/v1/models/{name:path}")
    def described(name: str) -> Json:
        _refuse_another(name, model)
        return one

    @app.get("/health")
    def health() -> Json:
        return {"status": "ok"}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        table = await _body(request, service)
        messages = _messages(table, limits)
        return await _while_there(request, _answered(service, messages, table, chat=True))

    @app.post("/v1/completions")
    async def completions(request: Request) -> Response:
        table = await _body(request, service)
        prompt = table.get("prompt")
        if isinstance(prompt, list) and len(prompt) == 1:
            prompt = prompt[0]
        if not isinstance(prompt, str) or not prompt or not _is_unicode(prompt):
            raise _Refused(400, "prompt must be a text")
        messages = [Message(role="user", content=prompt)]
        return await _while_there(request, _answered(service, messages, table, chat=False))

    return app


async def _while_there(request: Request, answer: Coroutine[Any, Any, Answer]) -> Answer:
    """The answer; given up as soon as whoever asked for it hangs up."""
    with CancelScope() as scope:
        listening = asyncio.create_task(_cancel_when_gone(request, scope))
        try:
            return await answer
        finally:
            listening.cancel()
    raise _Refused(499, "hung up before the reply was there")


async def _cancel_when_gone(request: Request, scope: CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _answered(
    service: Service, messages: list[Message], table: Json, *, chat: bool
) -> Response:
    stops, most = _stops(table), _most(table)
    shape = _Shape(name=service.model.name, chat=chat, counts=_counts(table))
    streamed = bool(table.get("stream"))
    pieces = _until(service.pieces(messages, most, streamed=streamed), stops)
    if not streamed:
        return JSONResponse(shape.whole(joined([piece async for piece in pieces])))
    first = await anext(pieces)  # what is refused now is a status: nothing has gone out yet
    return StreamingResponse(shape.events(first, pieces), media_type="text/event-stream")


async def _until(
    pieces: AsyncGenerator[Piece, None], stops: Sequence[str]
) -> AsyncGenerator[Piece, None]:
    """The pieces up to the first stop; what may be the beginning of one is held back."""
    held, longest = "", max(map(len, stops), default=1)
    async with aclosing(pieces):
        async for piece in pieces:
            held += piece.text
            before = before_stops(held, stops)
            if len(before) < len(held):
                yield replace(piece, text=before, ends="stop")
                return
            free = len(held) if piece.ends else max(0, len(held) - longest + 1)
            if free or piece.ends:
                yield replace(piece, text=held[:free])
            held = held[free:]


async def _body(request: Request, service: Service) -> Json:
    """The request's object; read no further than the limit."""
    raw, most = bytearray(), service.limits.body_bytes
    async for piece in request.stream():
        raw += piece
        if len(raw) > most:
            raise _Refused(413, f"a request may be {most} bytes long")
    try:
        table = json.loads(bytes(raw))
    except (ValueError, RecursionError) as error:
        raise _Refused(400, f"not JSON ({error})") from None
    if not isinstance(table, dict):
        raise _Refused(400, "a request is an object")
    _refuse_another(table.get("model"), service.model)
    _refuse_unknown(table)
    return table


def _refuse_another(name: Any, model: SpeakingModel) -> None:  # noqa: ANN401 -- as it came
    """Who asks one model is not answered by another; who names none gets the one there is."""
    if name is not None and name != model.name:
        raise _Refused(404, f"model {name!r} is not served here; ask for {model.name!r}")


def _refuse_unknown(table: Json) -> None:
    if table.get("n") not in (None, 1):
        raise _Refused(400, "n must be 1: replies are greedy, so more would be the same")
    for name in _UNKNOWN:
        given = table.get(name)
        if given is not None and given is not False and given not in ([], {}, ""):
            raise _Refused(400, f"{name} is not known here")
    if table.get("response_format") not in (None, {"type": "text"}):
        raise _Refused(400, "response_format must be text: replies are held to no other form")
    if table.get("stream") not in (None, True, False):
        raise _Refused(400, "stream must be true or false")


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
    known = ROLES.get(role) if isinstance(role, str) else None
    if known is None or not isinstance(content, str) or not _is_unicode(content):
        raise _Refused(
            400, "a message has a role (system, user, assistant) and a content that is text"
        )
    return Message(role=known, content=content)


def _is_unicode(text: str) -> bool:
    """JSON may spell half a character, which no tokenizer takes."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _stops(table: Json) -> list[str]:
    given = table.get("stop")
    stops = [given] if isinstance(given, str) else given or []
    if not isinstance(stops, list) or not all(isinstance(one, str) and one for one in stops):
        raise _Refused(400, "stop must be a text or a list of texts")
    return stops


def _most(table: Json) -> int | None:
    given = table.get("max_completion_tokens")
    given = table.get("max_tokens") if given is None else given
    if given is not None and (type(given) is not int or given < 1):
        raise _Refused(400, "max_tokens must be a whole number of at least 1")
    return given


def _counts(table: Json) -> bool:
    """Whether a stream is to end with the numbers of tokens."""
    options = table.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A reply in the shape of one of the two protocols."""

    name: str
    chat: bool
    counts: bool
    """Whether a stream ends with the numbers of tokens."""
    id: str = field(default_factory=lambda: f"auroram-{uuid.uuid4().hex[:24]}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, reply: Piece) -> Json:
        """The reply as one object."""
        choice = (
            {"message": {"role": "assistant", "content": reply.text}}
            if self.chat
            else {"text": reply.text}
        )
        kind = "chat.completion" if self.chat else "text_completion"
        choices = [self._choice(choice, reply.ends)]
        return self._head(kind) | {"choices": choices, "usage": _usage(reply)}

    async def events(
        self, first: Piece, others: AsyncGenerator[Piece, None]
    ) -> AsyncGenerator[str, None]:
        """The reply as a stream of server-sent events; its writing ends when this does."""
        yield self._said(first, {"role": "assistant"})
        last = first
        async with aclosing(others):
            try:
                async for last in others:
                    yield self._said(last, {})
            except _Refused as error:
                yield _event(_fault(error))
                return
        if self.counts:
            yield _event(self._head(self._part) | {"choices": [], "usage": _usage(last)})
        yield "data: [DONE]\n\n"

    def _said(self, piece: Piece, role: Json) -> str:
        part = {"delta": role | {"content": piece.text}} if self.chat else {"text": piece.text}
        return _event(self._head(self._part) | {"choices": [self._choice(part, piece.ends)]})

    @property
    def _part(self) -> str:
        return "chat.completion.chunk" if self.chat else "text_completion"

    def _head(self, kind: str) -> Json:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.name,
            "system_fingerprint": GREEDY,
        }

    def _choice(self, part: Json, ends: Ending) -> Json:
        return {"index": 0, "finish_reason": ends or None, "logprobs": None} | part


def _usage(reply: Piece) -> Json:
    asked, written = reply.asked_tokens, reply.written_tokens
    return {"prompt_tokens": asked, "completion_tokens": written, "total_tokens": asked + written}


def _event(table: Json) -> str:
    return f"data: {json.dumps(table, ensure_ascii=False)}\n\n"


def _fault(error: _Refused) -> Json:
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    return {"error": {"message": str(error), "type": kind, "code": None, "param": None}}
