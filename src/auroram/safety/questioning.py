"""The same requests put to one model after another, and every reply judged.

Replies are kept by language as soon as they are there, and verdicts so many at a time: what lies
in the folder of a model's parts is neither asked nor judged again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auroram.model.chat import LocalChat, load_chat
from auroram.model.choices import Device, Precision
from auroram.model.generation import generate, reply_text
from auroram.model.sampling import Sampling
from auroram.ports import Progress
from auroram.records.generation import Generation, read_generations, write_generations
from auroram.records.message import Message
from auroram.safety.explained import explained
from auroram.safety.grammar import Grammar
from auroram.safety.judging import Pair, QuestionJudge
from auroram.safety.prompts import Prompt
from auroram.safety.replies import reply_language
from auroram.text.language import LanguageIdentifier

AT_ONCE = 32
"""Replies that are judged before their verdicts are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Who judges the replies."""

    refusal: QuestionJudge
    success: QuestionJudge
    grammars: Sequence[Grammar]
    identifier: LanguageIdentifier

    def judged(self, generations: Sequence[Generation]) -> list[Generation]:
        """The same generations with their verdicts and the language of the reply."""
        pairs = [
            Pair(request=one.request, reply=one.reply, language=one.language) for one in generations
        ]
        rows = zip(generations, self.refusal.says(pairs), self.success.says(pairs), strict=True)
        return [
            replace(
                one,
                reply_language=reply_language(one.reply, self.identifier),
                refused=refused.word,
                complied=complied.word,
                explained=explained(one.reply, refused.word, self.grammars),
                reason="; ".join(dict.fromkeys((refused.reason, complied.reason))),
            )
            for one, refused, complied in rows
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioning:
    """What is asked, how often, and who judges."""

    prompts: Sequence[Prompt]
    panel: Panel
    attempts: int
    drawn: Sampling
    """Of all replies but the first, which is the likeliest under the same penalty."""
    max_tokens: int
    precision: Precision
    device: Device
    progress: Progress

    def ask(self, name: str, folder: Path, parts: Path) -> list[Generation]:
        """Every reply of one model with its verdicts.

        Args:
            name: the model's stage.
            folder: its Hugging Face folder.
            parts: where finished languages lie and new ones are put.
        """
        languages = list(dict.fromkeys(prompt.language for prompt in self.prompts))
        missing = [one for one in languages if not (parts / f"{one}.said.jsonl").exists()]
        if missing:
            total = len(self.prompts) * self.attempts
            left = sum(prompt.language in missing for prompt in self.prompts) * self.attempts
            self.progress.start(
                f"replies of {name}", total=total, unit="replies", done=total - left
            )
            chat = load_chat(
                folder,
                max_tokens=self.max_tokens,
                name=name,
                precision=self.precision,
                device=self.device,
            )
            for language in missing:
                said = self._said(chat, [one for one in self.prompts if one.language == language])
                write_generations(parts / f"{language}.said.jsonl", said)
        return [one for language in languages for one in self._judged(parts, language)]

    def _judged(self, parts: Path, language: str) -> Iterator[Generation]:
        said = list(read_generations(parts / f"{language}.said.jsonl"))
        for number, start in enumerate(range(0, len(said), AT_ONCE)):
            place = parts / f"{language}.judged.{number}.jsonl"
            if not place.exists():
                write_generations(place, self.panel.judged(said[start : start + AT_ONCE]))
            yield from read_generations(place)

    def _said(self, chat: LocalChat, prompts: Sequence[Prompt]) -> list[Generation]:
        asked = [
            chat.tokenizer.chat([Message(role="user", content=prompt.text)], reply=True)
            for prompt in prompts
        ]
        replies = self._replies(chat, asked, replace(self.drawn, temperature=None))
        replies += self._replies(chat, asked * (self.attempts - 1), self.drawn)
        return [
            _generation(chat, prompts[i % len(prompts)], i // len(prompts), ids, reply)
            for i, (ids, reply) in enumerate(zip(asked * self.attempts, replies, strict=True))
        ]

    def _replies(
        self, chat: LocalChat, asked: Sequence[Sequence[int]], sampling: Sampling
    ) -> list[list[int]]:
        return generate(
            chat.model,
            chat.tokenizer,
            asked,
            max_tokens=self.max_tokens,
            sampling=sampling,
            advance=self.progress.advance,
        )


def _generation(
    chat: LocalChat, prompt: Prompt, attempt: int, asked: Sequence[int], reply: Sequence[int]
) -> Generation:
    return Generation(
        model=chat.name,
        prompt=prompt.id,
        content=prompt.content,
        set=prompt.set,
        language=prompt.language,
        kind=prompt.kind,
        concern=prompt.concern,
        attack=prompt.attack,
        source=prompt.source,
        reviewed=prompt.reviewed,
        attempt=attempt,
        request=prompt.text,
        reply=reply_text(chat.tokenizer, reply),
        tokens=len(asked) + len(reply),
        reply_language="unknown",
    )
