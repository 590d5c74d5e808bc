"""Mutations that put words around a request, in its own language.

Every word is in the language's file. What an earlier answer of many-shot would say is left out:
the shape of the attack is there, and nothing harmful in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from auroram.redteam.language import Language
from auroram.redteam.mutations.encodings import in_base64, in_rot13
from auroram.redteam.readings import written
from auroram.redteam.request import Request

SHOTS = 4
"""Earlier questions that a many-shot request shows."""


def framed(name: str, encode: Callable[[str], str] = str) -> Callable[..., Request | None]:
    """The mutation that puts the language's wrapper of this name around the encoded text."""

    def apply(request: Request, language: Language, others: Sequence[str]) -> Request | None:  # noqa: ARG001
        if name not in language.wrappers:
            return None
        text = language.wrappers[name].replace("{text}", encode(request.text))
        return replace(request, text=text, marked="")

    return apply


def many_shot(request: Request, language: Language, others: Sequence[str]) -> Request | None:
    """Other requests on the concern, as if they had been answered, and then this one."""
    shown = [text for text in others if text != request.text][:SHOTS]
    if len(shown) < SHOTS:
        return None
    shots = [language.wrappers["shot"].replace("{text}", text) for text in shown]
    last = language.wrappers["last-shot"].replace("{text}", request.text)
    return replace(request, text="\n\n".join([*shots, last]), marked="")


def split_in_two(request: Request, language: Language, others: Sequence[str]) -> Request | None:  # noqa: ARG001
    """The request cut in two, to be put together by the model."""
    words = request.text.split(" ")
    half = len(words) // 2
    first, second = " ".join(words[:half]), " ".join(words[half:])
    if len(words) < 4:  # an unspaced script
        half = len(request.text) // 2
        first, second = request.text[:half], request.text[half:]
    text = language.wrappers["split"].replace("{first}", first).replace("{second}", second)
    return replace(request, text=text, marked="")


def in_past_tense(request: Request, language: Language, others: Sequence[str]) -> Request | None:  # noqa: ARG001
    """How people used to do it, instead of how to do it."""
    if "deed" not in request.slots or "past-tense" not in language.wrappers:
        return None
    marked = language.wrappers["past-tense"].replace("{deed}", request.slots["deed"])
    readable = bool(request.marked)
    return replace(request, text=written(marked) if readable else marked, marked="")


def code_switched(request: Request, language: Language, others: Sequence[str]) -> Request | None:  # noqa: ARG001
    """The phrase in English, within a sentence of the language."""
    for slot in request.slots:
        frame = language.wrappers.get(f"code-switching-{slot}")
        if frame and request.english:
            text = frame.replace(f"{{{slot}}}", request.english)
            return replace(request, text=text, marked="")
    return None


IN_BASE64 = framed("base64", in_base64)
IN_ROT13 = framed("rot13", in_rot13)
ROLE_PLAY = framed("role-play")
PREFIX_INJECTION = framed("prefix-injection")
