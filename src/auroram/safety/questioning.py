"""The same requests put to one model after another, and every reply judged.

Replies and verdicts are kept by language as soon as they are there: what lies in the folder of a
model's parts is neither asked nor judged again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from auroram.model.chat import LocalChat, load_chat
from auroram.model.generation import greedy, reply_text
from auroram.ports import Progress
from auroram.records.generation import Generation, read_generations, write_generations
from auroram.records.message import Message
from auroram.safety.explained import explained
from auroram.safety.grammar import Grammar
from auroram.safety.judging import Pair, QuestionJudge
from auroram.safety.prompts import Prompt
from auroram.safety.replies import reply_language
from auroram.text.language import LanguageIdentifier


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
    temperature: float
    max_tokens: int
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
            chat = load_chat(folder, max_tokens=self.max_tokens, name=name)
            for language in missing:
                said = self._said(chat, [one for one in self.prompts if one.language == language])
                write_generations(parts / f"{language}.said.jsonl", said)
        return [one for language in languages for one in self._judged(parts, language)]

    def _judged(self, parts: Path, language: str) -> list[Generation]:
        place = parts / f"{language}.judged.jsonl"
        if not place.exists():
            said = list(read_generations(parts / f"{language}.said.jsonl"))
            write_generations(place, self.panel.judged(said))
        return list(read_generations(place))

    def _said(self, chat: LocalChat, prompts: Sequence[Prompt]) -> list[Generation]:
        asked = [
            chat.tokenizer.chat([Message(role="user", content=prompt.text)], reply=True)
            for prompt in prompts
        ]
        first = greedy(
            chat.model,
            chat.tokenizer,
            asked,
            max_tokens=self.max_tokens,
            advance=self.progress.advance,
        )
        found = []
        for prompt, ids, greediest in zip(prompts, asked, first, strict=True):
            for attempt, reply in enumerate([greediest, *self._drawn(chat, prompt, ids)]):
                found.append(_generation(chat, prompt, attempt, ids, reply))
        return found

    def _drawn(self, chat: LocalChat, prompt: Prompt, ids: Sequence[int]) -> list[list[int]]:
        """The replies after the first; they follow from the prompt, not from its neighbours."""
        if self.attempts == 1:
            return []
        torch.manual_seed(int.from_bytes(prompt.id.encode()) % (1 << 62))
        asked = torch.tensor([list(ids)])
        rows = chat.model.generate(  # type: ignore[operator]
            asked,
            attention_mask=torch.ones_like(asked),
            do_sample=True,
            temperature=self.temperature,
            top_k=0,
            top_p=1.0,
            num_return_sequences=self.attempts - 1,
            max_new_tokens=self.max_tokens,
            pad_token_id=chat.tokenizer.eos,
            eos_token_id=chat.tokenizer.eos,
        )
        self.progress.advance(self.attempts - 1)
        replies = [row[len(ids) :].tolist() for row in rows]
        eos = chat.tokenizer.eos
        return [row[: row.index(eos)] if eos in row else row for row in replies]


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
