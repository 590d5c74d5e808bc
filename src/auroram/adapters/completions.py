"""A model behind an OpenAI-compatible endpoint that continues texts and tells log-probabilities.

`POST completions` with `echo` and `logprobs`, as vLLM and others offer it: the server cuts texts
into tokens, so an ending begins with the first token that reaches beyond its beginning.
"""

import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from auroram.adapters.endpoint import EndpointModel, open_endpoint
from auroram.records.canonical import Json
from auroram.records.endpoint import Endpoint
from auroram.records.writing import Writing

Asked = TypeVar("Asked")
Read = TypeVar("Read")

AT_ONCE = 16
"""Requests under way; the server batches them and keeps what they begin with."""


@dataclass(frozen=True, slots=True)
class CompletionsModel:
    """A model that is asked over HTTP, many requests at a time."""

    model: EndpointModel

    def ending_nats(
        self, items: Sequence[Sequence[tuple[str, str]]], advance: Callable[[int], None]
    ) -> list[list[float]]:
        """Negative log-probability of each ending after its beginning.

        Raises:
            NoReplyError: where no reply comes, or none with log-probabilities.
            DataError: where the server refuses the question.
        """
        nats = iter(self._all([pair for item in items for pair in item], self._nats, advance))
        return [[next(nats) for _ in item] for item in items]

    def text_nats(self, texts: Sequence[str], advance: Callable[[int], None]) -> list[float]:
        """Negative log-probability of each text; its first token is left out, as servers do."""
        return self._all([("", text) for text in texts], self._nats, advance)

    def replies(
        self, prompts: Sequence[str], writing: Writing, advance: Callable[[int], None]
    ) -> list[list[str]]:
        """So many replies to each prompt."""

        def ask(prompt: str) -> list[str]:
            body = {
                "prompt": prompt,
                "max_tokens": writing.max_tokens,
                "temperature": writing.temperature or 0,
                "top_p": writing.top_p,
                "n": writing.replies,
                "seed": writing.seed,
                "stop": list(writing.stops) or None,
            }
            return self._ask(body, lambda choices: [str(one["text"]) for one in choices])

        return self._all(prompts, ask, lambda count: advance(count * writing.replies))

    def _nats(self, pair: tuple[str, str]) -> float:
        beginning, ending = pair
        body = {
            "prompt": beginning + ending,
            "max_tokens": 1,
            "temperature": 0,
            "echo": True,
            "logprobs": 1,
        }
        return self._ask(
            body, lambda choices: _nats_between(choices[0], len(beginning), len(beginning + ending))
        )

    def _ask(self, body: Json, read: Callable[[list[Json]], Read]) -> Read:
        def understood(raw: bytes) -> Read:
            try:
                return read(json.loads(raw)["choices"])
            except (KeyError, IndexError, TypeError) as error:
                raise ValueError(f"a reply without what was asked for ({error})") from None

        return self.model.ask(
            "completions", {"model": self.model.endpoint.model, **body}, understood
        )

    def _all(
        self, asked: Sequence[Asked], ask: Callable[[Asked], Read], advance: Callable[[int], None]
    ) -> list[Read]:
        found = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for answer in pool.map(ask, asked):
                advance(1)
                found.append(answer)
        return found


def open_completions(endpoint: Endpoint, root: Path) -> CompletionsModel:
    """The model of an endpoint; nothing is asked yet."""
    return CompletionsModel(open_endpoint(endpoint, root))


def _nats_between(choice: Json, start: int, stop: int) -> float:
    """Negative log-probability of the tokens that reach into these characters of the prompt."""
    told = choice["logprobs"]
    offsets = [*told["text_offset"], stop]
    values = [
        value
        for value, begin, end in zip(told["token_logprobs"], offsets[:-1], offsets[1:], strict=True)
        if end > start and begin < stop
    ]
    if not values:
        raise KeyError("logprobs")
    return -math.fsum(value for value in values if value is not None)
