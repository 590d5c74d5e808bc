"""The same requests, put to one model after another.

Replies are kept by language as soon as they are there: what lies in the folder of a model's parts
is not asked again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel

from auroram.model.choices import Device, Precision
from auroram.model.folder import load_model_in
from auroram.model.generation import generate, reply_text
from auroram.model.sampling import Sampling
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Progress
from auroram.records.exchange import Exchange
from auroram.records.json_lines import read_json_lines, write_json_lines
from auroram.records.message import Message
from auroram.safety.replies import Readers, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """What is asked, who reads the replies, and how long they may be."""

    requests: Mapping[str, Sequence[Exchange]]
    """By language."""
    readers: Readers
    max_tokens: int
    sampling: Sampling
    precision: Precision
    device: Device
    progress: Progress

    def ask(self, name: str, folder: Path, parts: Path) -> list[Reply]:
        """Every reply of one model, in the order of the requests.

        Args:
            name: the model's stage.
            folder: its Hugging Face folder.
            parts: where finished languages lie and new ones are put.
        """
        missing = [language for language in self.requests if not _part(parts, language).exists()]
        if missing:
            self._start(name, missing)
            model, tokenizer = self._model(folder), load_tokenizer(folder)
            for language in missing:
                replies = self._replies(name, model, tokenizer, self.requests[language])
                write_json_lines(_part(parts, language), replies)
        return [
            Reply(**line)
            for language in self.requests
            for line in read_json_lines(_part(parts, language))
        ]

    def _model(self, folder: Path) -> PreTrainedModel:
        return load_model_in(folder, self.precision, self.device)

    def _start(self, name: str, missing: Sequence[str]) -> None:
        counts = {language: len(requests) for language, requests in self.requests.items()}
        total = sum(counts.values())
        done = total - sum(counts[language] for language in missing)
        self.progress.start(f"replies of {name}", total=total, unit="replies", done=done)

    def _replies(
        self, name: str, model: PreTrainedModel, tokenizer: Tokenizer, asked: Sequence[Exchange]
    ) -> list[Reply]:
        prompts = [
            tokenizer.chat([Message(role="user", content=exchange.request)], reply=True)
            for exchange in asked
        ]
        replies = generate(
            model,
            tokenizer,
            prompts,
            max_tokens=self.max_tokens,
            sampling=self.sampling,
            advance=self.progress.advance,
        )
        return [
            self.readers.read(name, exchange, reply_text(tokenizer, ids), len(prompt) + len(ids))
            for exchange, prompt, ids in zip(asked, prompts, replies, strict=True)
        ]


def _part(parts: Path, language: str) -> Path:
    return parts / f"{language}.jsonl"
