"""The guard between a model and whoever talks to it: input and output, and it fails closed.

What it cannot judge does not pass: neither an error of its classifier nor a reply that nobody
scored. A reply is judged whole, so nothing of it goes out before it has passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from auroram.ports import ChatModel
from auroram.records.message import Message
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

    model: ChatModel
    guard: Guard

    @property
    def name(self) -> str:
        """The model's."""
        return self.model.name

    def chat(self, messages: Sequence[Message]) -> str:
        """The reply, or words of refusal where request or reply does not pass."""
        if not self.guard.lets_in(messages).passes:
            return self.guard.decline(messages)
        reply = self.model.chat(messages)
        return (
            reply if self.guard.lets_out(messages, reply).passes else self.guard.decline(messages)
        )
