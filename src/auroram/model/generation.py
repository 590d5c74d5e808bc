"""Replies to many prompts at once, greedy or drawn.

Prompts of like length are read together; a row that has ended leaves, and others take its place
while the rest go on. A reply depends on the other rows only through the rounding of floats.

Shape letters: V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from auroram.model.rows_under_way import RowsUnderWay
from auroram.model.sampling import GREEDY, Sampling, generators, next_tokens
from auroram.model.tokenizer import Tokenizer

BATCH = 32
"""Prompts answered at once: beyond it a processor is no faster."""

JOINING = 4
"""New rows join when at least a batch's fourth part of the places is free."""


@torch.inference_mode()
def generate(  # noqa: PLR0913 -- the last four have defaults
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    stops: Sequence[str] = (),
    sampling: Sampling = GREEDY,
    batch: int = BATCH,
    advance: Callable[[int], None] = lambda _replies: None,
) -> list[list[int]]:
    """A reply to each prompt, by default of the likeliest tokens, without the end token.

    Args:
        model: in evaluation mode.
        tokenizer: the model's; its end token and those of the model's generation settings stop.
        prompts: ids, at least one a prompt.
        max_tokens: longest reply.
        stops: a reply ends with the token that completes one of these; see `before_stops`.
        sampling: how each token is chosen.
        batch: prompts at once; it changes speed and memory, not the replies.
        advance: told how many more replies are done.
    """
    replies: list[list[int]] = [[] for _ in prompts]
    if not prompts or not max_tokens:
        return replies
    waiting = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))
    drawing = generators(sampling, prompts)
    limits = _Limits(tokenizer, end_tokens(model, tokenizer), tuple(stops), max_tokens)
    rows = RowsUnderWay(model, prompts[0][: shared_beginning(prompts)])
    going: list[int] = []
    while going or waiting:
        pieces = [rows.step([replies[i][-1] for i in going])] if going else []
        if joining := waiting[: _room(len(going), batch)]:
            waiting = waiting[len(joining) :]
            pieces.append(rows.join([prompts[i] for i in joining]))
            going = going + joining
        draws, so_far = [drawing[i] for i in going], [replies[i] for i in going]
        tokens = next_tokens(torch.cat(pieces), sampling, draws, so_far).tolist()
        goes_on = [limits.goes_on(*one) for one in zip(so_far, tokens, strict=True)]
        if not all(goes_on):
            advance(goes_on.count(False))
            rows.keep([row for row, on in enumerate(goes_on) if on])
            going = [i for i, on in zip(going, goes_on, strict=True) if on]
    return replies


def _room(going: int, batch: int) -> int:
    """How many rows may join those that go on; none while only a few places are free."""
    free = batch - going
    return free if not going or free * JOINING >= batch else 0


@torch.inference_mode()
def token_by_token(
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    *,
    max_tokens: int,
    sampling: Sampling = GREEDY,
) -> Iterator[int]:
    """The reply that `generate` gives to one prompt, each token as soon as it is found.

    Args:
        model: in evaluation mode.
        tokenizer: the model's.
        prompt: ids, at least one.
        max_tokens: longest reply.
        sampling: how each token is chosen.
    """
    ends = end_tokens(model, tokenizer)
    drawing = generators(sampling, [prompt])
    reply: list[int] = []
    rows = RowsUnderWay(model, prompt[:-1])
    logits_1V = rows.join([prompt])
    while True:
        token = int(next_tokens(logits_1V, sampling, drawing, [reply]))
        if token in ends:
            return
        reply.append(token)
        yield token
        if len(reply) >= max_tokens:
            return
        logits_1V = rows.step([token])


@dataclass(frozen=True, slots=True)
class _Limits:
    """Where a reply ends."""

    tokenizer: Tokenizer
    ends: set[int]
    stops: tuple[str, ...]
    max_tokens: int

    def goes_on(self, reply: list[int], token: int) -> bool:
        """Put the token to the reply, unless it is an end; whether more may follow."""
        if token in self.ends:
            return False
        reply.append(token)
        return len(reply) < self.max_tokens and not self._stopped(reply)

    def _stopped(self, reply: Sequence[int]) -> bool:
        """Whether the last token completed a stop; a token is a byte at least, so few matter."""
        if not self.stops:
            return False
        longest = max(len(stop.encode()) for stop in self.stops)
        end = self.tokenizer.decode(reply[-longest - 3 :])
        return any(stop in end for stop in self.stops)


def reply_text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of a reply, without a last character that the limit of tokens cut in two."""
    return tokenizer.decode(ids).rstrip("\N{REPLACEMENT CHARACTER}")


def before_stops(text: str, stops: Sequence[str]) -> str:
    r"""The text up to the first of the stops.

    >>> before_stops("two\nthree", ["\n", "ee"])
    'two'
    """
    return text[: min((place for stop in stops if (place := text.find(stop)) >= 0), default=None)]


def end_tokens(model: PreTrainedModel, tokenizer: Tokenizer) -> set[int]:
    """Ids that end a reply."""
    stated = model.generation_config.eos_token_id if model.generation_config else None
    more = stated if isinstance(stated, list) else [stated]
    return {tokenizer.eos} | {id_ for id_ in more if id_ is not None}


def shared_beginning(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, leaving each at least one of its own.

    >>> shared_beginning([[1, 2, 3], [1, 2, 4, 5], [1, 2]])
    1
    """
    shortest = min(map(len, prompts)) - 1
    return next(
        (i for i in range(shortest) if len({prompt[i] for prompt in prompts}) > 1), shortest
    )
