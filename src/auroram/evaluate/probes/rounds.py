"""A round: many questions of one kind to one model, each with an answer that is a number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from transformers import PreTrainedModel

from auroram.evaluate.bits import Reader
from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.store import Store, completed, item_digest
from auroram.model.choices import Device
from auroram.model.folder import load_model
from auroram.model.tokenizer import load_tokenizer
from auroram.records.scored_item import ScoredItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that is the same for every model."""

    language: str
    split: str
    cluster: str
    """What the question was made of: a document, a paragraph, a request."""
    texts: tuple[str, ...]
    """What the models read; what each text is depends on the round."""
    index: int = 0
    """Which of the texts counts, where they are passages read in one go."""

    @property
    def read(self) -> tuple[str, ...]:
        """The texts that the answer depends on."""
        return self.texts[: self.index + 1] if self.index else self.texts


@dataclass(frozen=True, slots=True)
class Answered:
    """One model's answer."""

    score: float
    weight: float = 1.0
    """What the score is a mean over, such as bytes."""
    words: str = ""
    """What the model said or chose."""


@dataclass(kw_only=True)
class Subject:
    """A model that is asked. It is loaded when the first question has no answer yet."""

    name: str
    run: str
    """Digest of its weights."""
    tokens_seen: int
    folder: Path
    device: Device
    """Where it is computed."""
    settings: Probe
    base: "Subject | None" = None
    """The model that training began with; None for that model itself."""

    @cached_property
    def reader(self) -> Reader:
        """The model with what it needs to read."""
        return Reader(
            name=self.name,
            model=load_model(self.folder, self.device),
            tokenizer=load_tokenizer(self.folder),
            context_tokens=self.settings.context_tokens,
            precision=self.settings.precision,
        )

    @property
    def base_model(self) -> PreTrainedModel:
        """The model that it began from."""
        return (self.base or self).reader.model


Answering = Callable[[Subject, Sequence[Asked]], list[Answered]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Questions of one kind."""

    task: str
    measure: str
    asked: Sequence[Asked]
    answer: Answering
    extra: Sequence[object] = ()
    """What else an answer depends on, such as a length or another model's digest."""

    def put(self, subject: Subject, store: Store) -> list[ScoredItem]:
        """The subject's answers to all questions, in order; only new ones are asked."""
        opened = [self._open(subject, one) for one in self.asked]
        of = {(o.split, o.language, o.item): a for o, a in zip(opened, self.asked, strict=True)}

        def score(missing: Sequence[ScoredItem]) -> list[ScoredItem]:
            asked = [of[one.split, one.language, one.item] for one in missing]
            answers = self.answer(subject, asked)
            return [
                replace(one, score=said.score, weight=said.weight, answer=said.words)
                for one, said in zip(missing, answers, strict=True)
            ]

        return completed(opened, store, score)

    def _open(self, subject: Subject, asked: Asked) -> ScoredItem:
        settings = subject.settings
        item = item_digest(
            asked.read,
            context_tokens=settings.context_tokens,
            precision=settings.precision,
            extra=self.extra,
        )
        return ScoredItem(
            run=subject.run,
            model=subject.name,
            tokens_seen=subject.tokens_seen,
            task=self.task,
            language=asked.language,
            split=asked.split,
            item=item,
            cluster=asked.cluster,
            measure=self.measure,
            score=0.0,
        )
