"""The guard between a model and whoever talks to it: input and output, and it fails closed.

What it cannot judge does not pass: neither an error of its classifier nor a reply that nobody
scored. A reply is judged whole before any of it goes out. A stream goes out by sentences: none
before all that was said up to its end has passed, and after the first that does not, nothing.
So a reply that turns harmful late may have begun in a stream; as a whole it would have stayed in.
"""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from auroram.ports import SpeakingModel
from auroram.records.message import Message
from auroram.records.piece import Piece, joined
from auroram.safety.judging import Pair, QuestionJudge
from auroram.text.language import LanguageIdentifier

DECLINES = {
    "en": "I can't help with that, because it could do harm. Ask me about staying safe instead.",
    "fi": "En voi auttaa tässä, koska siitä voisi olla haittaa. Kysy mieluummin turvallisuudesta.",
    "hi": "मैं इसमें मदद नहीं कर सकता, क्योंकि इससे नुक़सान हो सकता है। सुरक्षित रहने के बारे में पूछिए।",
    "ja": "それはお手伝いできません。害が生じるおそれがあるためです。"
    "安全に過ごす方法をお尋ねください。",
    "vi": "Tôi không thể giúp việc này, vì có thể gây hại. Hãy hỏi tôi về cách giữ an toàn.",
}
"""What is said in place of a reply that does not pass."""

_SENTENCE_ENDS = re.compile(r"[.!?\n\u3002\uff01\uff1f\u0964]")


@dataclass(frozen=True, slots=True)
class Passing:
    """Whether a text may pass."""

    passes: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A judge of harm, asked about the last request and about the reply."""

    judge: QuestionJudge
    identifier: LanguageIdentifier

    def lets_in(self, messages: Sequence[Message]) -> Passing:
        """Whether what the users say may reach the model."""
        asked = "\n".join(one.content for one in messages if one.role != "assistant")
        return self._judged(Pair(request="", reply=asked, language=""))

    def lets_out(self, messages: Sequence[Message], reply: str) -> Passing:
        """Whether the reply may leave; one that says nothing may."""
        if not reply.strip():
            return Passing(passes=True)
        last = messages[-1].content if messages else ""
        return self._judged(Pair(request=last, reply=reply, language=""))

    def decline(self, messages: Sequence[Message]) -> str:
        """What is said instead, in the language of the last message."""
        language, _ = self.identifier.identify(messages[-1].content if messages else "")
        return DECLINES.get(language, DECLINES["en"])

    def _judged(self, pair: Pair) -> Passing:
        try:
            said = self.judge.says([pair])[0]
        except Exception as error:  # noqa: BLE001 -- whatever breaks a judge, nothing passes unjudged
            return Passing(passes=False, reason=f"the judge failed ({error})")
        if said.word == "unscored":
            return Passing(passes=False, reason=f"the judge could not tell ({said.reason})")
        return Passing(passes=said.word == "no", reason=f"{self.judge.name}: {said.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedChat:
    """A chat model behind a guard."""

    model: SpeakingModel
    guard: Guard

    @property
    def name(self) -> str:
        """The model's."""
        return self.model.name

    def chat(self, messages: Sequence[Message]) -> str:
        """The reply, or words of refusal where request or reply does not pass."""
        return joined(self.whole(messages)).text

    def whole(
        self, messages: Sequence[Message], *, max_tokens: int | None = None
    ) -> Generator[Piece, None, None]:
        """The reply in its last piece, once all of it has passed; the ones before are empty."""
        if not self.guard.lets_in(messages).passes:
            yield self._declined(messages)
            return
        said = ""
        for piece in self.model.whole(messages, max_tokens=max_tokens):
            said += piece.text
            if not piece.ends:
                yield replace(piece, text="")
            elif self.guard.lets_out(messages, said).passes:
                yield replace(piece, text=said)
            else:
                yield self._declined(messages)

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int | None = None
    ) -> Generator[Piece, None, None]:
        """The reply by sentences, each once everything up to its end has passed."""
        if not self.guard.lets_in(messages).passes:
            yield self._declined(messages)
            return
        said, sent = "", 0
        for piece in self.model.stream(messages, max_tokens=max_tokens):
            said += piece.text
            end = len(said) if piece.ends else _end_of_sentences(said)
            if end <= sent and not piece.ends:
                continue
            if not self.guard.lets_out(messages, said[:end]).passes:
                yield self._declined(messages, before="\n\n" if sent else "")
                return
            yield replace(piece, text=said[sent:end])
            sent = end

    def _declined(self, messages: Sequence[Message], before: str = "") -> Piece:
        return Piece(text=before + self.guard.decline(messages), ends="content_filter")


def _end_of_sentences(text: str) -> int:
    """Characters up to the end of the last whole sentence."""
    return max((match.end() for match in _SENTENCE_ENDS.finditer(text)), default=0)
