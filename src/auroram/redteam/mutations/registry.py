"""All mutations by name. Each is deterministic, and answers None where it does not apply."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from auroram.redteam.language import Language
from auroram.redteam.mutations import framings
from auroram.redteam.mutations.encodings import (
    in_homoglyphs,
    in_leetspeak,
    with_zero_width,
    without_diacritics,
)
from auroram.redteam.mutations.finnish import colloquial
from auroram.redteam.mutations.hindi import romanised
from auroram.redteam.mutations.japanese import romaji
from auroram.redteam.readings import in_kana
from auroram.redteam.request import Request

Mutation = Callable[[Request, Language, Sequence[str]], Request | None]
"""The request changed, given its language and other requests on the same concern."""

MutationName = Literal[
    "base64",
    "rot13",
    "homoglyphs",
    "zero-width",
    "leetspeak",
    "role-play",
    "prefix-injection",
    "many-shot",
    "past-tense",
    "split",
    "no-diacritics",
    "romanised-hindi",
    "romaji",
    "kana",
    "colloquial-finnish",
    "code-switching",
]


def _letters(change: Callable[[str], str], *languages: str) -> Mutation:
    """A change of the text itself, in some languages, or in all where none is named."""

    def apply(request: Request, language: Language, others: Sequence[str]) -> Request | None:  # noqa: ARG001
        if languages and request.language not in languages:
            return None
        return replace(request, text=change(request.text), marked="")

    return apply


def _by_readings(change: Callable[[str], str]) -> Mutation:
    """A change of a text that carries readings."""

    def apply(request: Request, language: Language, others: Sequence[str]) -> Request | None:  # noqa: ARG001
        return replace(request, text=change(request.marked), marked="") if request.marked else None

    return apply


MUTATIONS: Mapping[MutationName, Mutation] = {
    "base64": framings.IN_BASE64,
    "rot13": framings.IN_ROT13,
    "homoglyphs": _letters(in_homoglyphs, "en", "fi"),
    "zero-width": _letters(with_zero_width),
    "leetspeak": _letters(in_leetspeak, "en", "fi"),
    "role-play": framings.ROLE_PLAY,
    "prefix-injection": framings.PREFIX_INJECTION,
    "many-shot": framings.many_shot,
    "past-tense": framings.in_past_tense,
    "split": framings.split_in_two,
    "no-diacritics": _letters(without_diacritics, "vi"),
    "romanised-hindi": _letters(romanised, "hi"),
    "romaji": _by_readings(romaji),
    "kana": _by_readings(in_kana),
    "colloquial-finnish": _letters(colloquial, "fi"),
    "code-switching": framings.code_switched,
}

REFRAMING: frozenset[MutationName] = frozenset({"past-tense", "code-switching"})
"""Mutations that put another frame in the place of the request's, which kept the splits apart."""


def mutated(
    name: MutationName, request: Request, language: Language, others: Sequence[str]
) -> Request | None:
    """The request under a mutation, which is noted; None where it changes nothing.

    Args:
        name: of the mutation.
        request: the one to change.
        language: the file of the request's language.
        others: texts of other requests on the same concern in the language.
    """
    changed = MUTATIONS[name](request, language, others)
    if changed is None or changed.text == request.text:
        return None
    return replace(changed, changes=(*request.changes, name))
