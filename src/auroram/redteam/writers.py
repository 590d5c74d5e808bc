"""Models that write, and what any of them has written, remembered.

What is written is kept in a file beside the stage's output while it works, so that a stage that is
stopped, or whose server goes away, does not ask again for what it has.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from auroram.errors import DataError, NoReplyError, RunError
from auroram.ports import Asked, ChatModel, Inputs, Progress, Writer
from auroram.records.canonical import digest
from auroram.records.endpoint import Endpoint
from auroram.records.message import Message
from auroram.redteam.settings import ByTemplate, LocalModel

_AT_A_TIME = 32
"""Answers between two lines of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointWriter:
    """A model behind an address, asked several things at a time."""

    endpoint: Endpoint
    """Its `max_tokens` gives way to what is asked for."""
    open_chat: Callable[[Endpoint, Path], ChatModel]
    root: Path
    """Where its key file lies."""

    @property
    def name(self) -> str:
        """`endpoint` and the model."""
        return f"endpoint {self.endpoint.model}"

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[str]:
        """An answer to each, in order.

        Raises:
            RunError: where it does not answer, however often it is asked.
        """
        model = self.open_chat(replace(self.endpoint, max_tokens=max_tokens), self.root)
        pool = ThreadPoolExecutor(self.endpoint.parallel)
        try:
            return [text.strip() for text in pool.map(model.chat, map(turns, asked))]
        except NoReplyError as error:
            raise RunError(
                f"{error}; run again when it answers: what was written is kept"
            ) from error
        finally:
            # What waits behind a failure would fail too, each after all of its tries.
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembering:
    """A writer whose answers are kept in a file, and not asked for again."""

    writer: Writer
    file: Path
    progress: Progress
    known: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """That of the writer."""
        return self.writer.name

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[str]:
        """An answer to each, in order; those of the file first."""
        keys = [digest([self.name, one.instruction, one.text, max_tokens]) for one in asked]
        missing = {key: one for key, one in zip(keys, asked, strict=True) if key not in self.known}
        left = list(missing.items())
        self.progress.start(f"written by {self.name}", total=len(left), unit="answers")
        for start in range(0, len(left), _AT_A_TIME):
            some = left[start : start + _AT_A_TIME]
            texts = self.writer.write([one for _, one in some], max_tokens=max_tokens)
            self._keep([key for key, _ in some], texts)
            self.progress.advance(len(some))
        return [self.known[key] for key in keys]

    def _keep(self, keys: Sequence[str], texts: Sequence[str]) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            for key, text in zip(keys, texts, strict=True):
                self.known[key] = text
                file.write(json.dumps([key, text], ensure_ascii=False) + "\n")


def open_writer(
    settings: ByTemplate | LocalModel | Endpoint, inputs: Inputs, file: Path
) -> Writer | None:
    """What the settings name, with what it has written already; None for the template.

    Raises:
        DataError: where an endpoint is named, and nothing outside may be reached.
    """
    if isinstance(settings, ByTemplate):
        return None
    if isinstance(settings, LocalModel):
        # Heavy: templates need no torch.
        from auroram.redteam.model_writer import ModelWriter  # noqa: PLC0415

        folder = inputs.model(settings.stage) if settings.stage else inputs.path(settings.folder)
        writer: Writer = ModelWriter(folder=folder, label=settings.stage or settings.folder)
    elif inputs.open_chat is None:
        raise DataError(f"{settings.url}: no endpoint can be opened here; name a local model")
    else:
        writer = EndpointWriter(endpoint=settings, open_chat=inputs.open_chat, root=inputs.root)
    file.parent.mkdir(parents=True, exist_ok=True)
    return Remembering(writer=writer, file=file, progress=inputs.progress, known=_remembered(file))


def _remembered(file: Path) -> dict[str, str]:
    """What earlier work wrote; a last line that a kill cut short is cut off."""
    if not file.is_file():
        return {}
    content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        file.write_bytes(whole)
    return dict(json.loads(line) for line in whole.splitlines())


def turns(asked: Asked) -> list[Message]:
    """What a model is shown, as a conversation."""
    return [
        Message(role="system", content=asked.instruction),
        Message(role="user", content=asked.text),
    ]
