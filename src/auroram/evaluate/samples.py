"""A few greedy replies and continuations, to look at side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from auroram.evaluate.bits import Reader
from auroram.evaluate.settings import Evaluate
from auroram.model.generation import generate, reply_text
from auroram.records.message import Message

Form = Literal["reply", "continuation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one model wrote after one prompt."""

    model: str
    language: str
    form: Form
    """`reply`: asked in the chat template; `continuation`: the text simply goes on."""
    prompt: str
    reply: str


def samples(settings: Evaluate, reader: Reader) -> list[Sample]:
    """The samples of one model, in the recipe's order."""
    asked = list(_asked(settings))
    ids = [_prompt(reader, form, prompt) for form, _, prompt in asked]
    written = generate(reader.model, reader.tokenizer, ids, max_tokens=settings.sample_tokens)
    return [
        Sample(
            model=reader.name,
            language=language,
            form=form,
            prompt=prompt,
            reply=reply_text(reader.tokenizer, reply),
        )
        for (form, language, prompt), reply in zip(asked, written, strict=True)
    ]


def _asked(settings: Evaluate) -> Iterator[tuple[Form, str, str]]:
    for language, prompts in settings.samples.items():
        yield from (("reply", language, prompt) for prompt in prompts)
    for language, prompts in settings.continuations.items():
        yield from (("continuation", language, prompt) for prompt in prompts)


def _prompt(reader: Reader, form: Form, prompt: str) -> list[int]:
    if form == "reply":
        return reader.tokenizer.chat([Message(role="user", content=prompt)], reply=True)
    return reader.tokenizer.encode(prompt) or [reader.tokenizer.eos]
