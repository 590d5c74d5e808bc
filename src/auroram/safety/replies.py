"""A model's reply to a request, and what is read in it."""

from dataclasses import dataclass
from typing import Literal

from auroram.records.exchange import Exchange
from auroram.safety.judges import Judge, Label
from auroram.text.language import LanguageIdentifier

FEWEST_LETTERS = 5
"""A shorter reply has no language that could be told."""

LOWEST_CONFIDENCE = 0.3
"""Under this likelihood the identifier's word is not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One request, what a model replied, and what that is."""

    model: str
    request_id: str
    language: str
    kind: Literal["harmful", "benign"]
    concern: str
    request: str
    reply: str
    tokens: int
    """Tokens of the request, in the chat template, and of the reply."""
    judged: Label
    reason: str
    """Why it is unscored, or the language of the grammar that found a refusal."""
    reply_language: str
    """The language found, or `unknown`."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads the replies."""

    judge: Judge
    identifier: LanguageIdentifier

    def read(self, model: str, asked: Exchange, reply: str, tokens: int) -> Reply:
        """The reply with its verdict and its language."""
        verdict = self.judge.judge(asked.request, reply)
        return Reply(
            model=model,
            request_id=asked.id,
            language=asked.language,
            kind="harmful" if asked.kind == "harmful" else "benign",
            concern=asked.concern or "general",
            request=asked.request,
            reply=reply,
            tokens=tokens,
            judged=verdict.label,
            reason=verdict.reason,
            reply_language=reply_language(reply, self.identifier),
        )


def reply_language(reply: str, identifier: LanguageIdentifier) -> str:
    """The likeliest language of a reply, or `unknown` where it is too short or too unlike any."""
    if sum(character.isalpha() for character in reply) < FEWEST_LETTERS:
        return "unknown"
    language, likelihood = identifier.identify(reply)
    return language if likelihood >= LOWEST_CONFIDENCE else "unknown"
