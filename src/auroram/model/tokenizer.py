"""Text to ids and back, and a model's own chat template.

Control tokens (`<|im_end|>` and their like) enter by id, from the template alone: a text that
spells one is encoded as the text it is, so no document and no request can end a turn or open one.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Never, final

import numpy as np
import tokenizers
from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.model.fast_encoding import FastEncoder, proven_encoder
from auroram.records.marks import SENTINELS
from auroram.records.message import Message

TEMPLATE = "chat_template.jinja"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", TEMPLATE)
"""What a model folder holds of its tokenizer; only the first is needed to encode text."""

HOLE = "\ue000{}\ue001"
"""Stands for the content of a message while a template is rendered."""


@final
class Tokenizer:
    """The tokenizer of a Hugging Face folder.

    Raises:
        DataError: where `tokenizer.json` is missing or broken, or names no end token.
    """

    eos: int
    """Ends a document and an answer."""
    bos: int | None
    """What the tokenizer itself puts before every text; None where it puts nothing."""
    start: int
    """Stands before a text that nothing precedes: what the folder names as the beginning of text,
    or `eos` where it names nothing."""
    pad: int
    """Fills rows; `eos` where the folder names none."""
    vocabulary: int
    """Number of ids, control tokens with them."""
    digest: str
    """SHA-256 of `tokenizer.json`, in hexadecimal."""
    control: Mapping[str, int]
    """Control tokens, as a template spells them, with their ids."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "tokenizer.json"
        self._text = _read_tokenizer(self._file)
        _make_marks_special(self._text)
        self._text.encode_special_tokens = True
        self._names = _read_names(folder)
        self.control = {
            token.content: id_
            for id_, token in self._text.get_added_tokens_decoder().items()
            if token.special
        }
        self._fast: FastEncoder | None = None
        self.digest = hashlib.sha256(self._file.read_bytes()).hexdigest()
        self.vocabulary = self._text.get_vocab_size(with_added_tokens=True)
        self.eos = self._named("eos_token")
        self.pad = self._named("pad_token") if "pad_token" in self._names else self.eos
        beginning = self._text.token_to_id(self._names.get("bos_token", ""))
        self.start = self.eos if beginning is None else int(beginning)
        opening: list[int] = self._text.encode("").ids
        self.bos = opening[0] if opening and opening[0] != self.eos else None

    @cached_property
    def tokens(self) -> dict[str, int]:
        """Every token as the vocabulary spells it, with its id."""
        tokens: dict[str, int] = self._text.get_vocab(with_added_tokens=True)
        return tokens

    def encode(self, text: str) -> list[int]:
        """The ids of a text, with nothing put before or after it."""
        ids: list[int] = self._text.encode(text, add_special_tokens=False).ids
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, on all cores."""
        if self._fast is not None:
            return self._fast.encode_batch(texts)
        encodings = self._text.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def encode_arrays(self, texts: Sequence[str]) -> list[NDArray[np.uint32]]:
        """The same as arrays, which `fastokens` makes at once."""
        if self._fast is not None:
            return self._fast.encode_arrays(texts)
        return [np.array(ids, np.uint32) for ids in self.encode_batch(texts)]

    @property
    def is_fast(self) -> bool:
        """Whether `fastokens` encodes batches."""
        return self._fast is not None

    def quicken(self, sample: Iterable[str]) -> str:
        """Let `fastokens` encode batches if it gives the same ids for the texts of a sample.

        Returns:
            In words why `tokenizers` goes on doing it; empty where it does not.
        """
        found = proven_encoder(self._file, self.encode_batch, sample, self.control)
        if isinstance(found, str):
            return found
        self._fast = found
        return ""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of the ids; control tokens are left out."""
        text: str = self._text.decode(list(ids), skip_special_tokens=True)
        return text

    def added(self) -> dict[str, int]:
        """Every token that was added to the vocabulary whole, control tokens with them."""
        tokens = self._text.get_added_tokens_decoder().items()
        return {token.content: id_ for id_, token in tokens}

    def chat(self, messages: Sequence[Message], *, reply: bool) -> list[int]:
        """A conversation in the model's own template; with `reply`, up to the assistant's turn.

        A conversation without control tokens in its contents gives the very ids that
        `apply_chat_template` gives.

        Raises:
            DataError: where the folder has no template, or the template refuses the messages.
        """
        rendered = self._render([message.role for message in messages], reply=reply)
        ids: list[int] = []
        for piece in self._pieces(rendered):
            if piece in self.control:
                ids.append(self.control[piece])
            else:
                ids += self.encode(_fill(piece, messages))
        return ids

    def exchange(self, request: str, answer: str) -> tuple[list[int], list[int]]:
        """Ids of a request with its answer, and a mask: 1 on the answer and its end token.

        The request is encoded as it will be asked, up to the assistant's turn; the answer
        follows by itself, as the model will write it.
        """
        asked = self.chat([Message(role="user", content=request)], reply=True)
        answered = [*self.encode(answer), self._end_of_turn]
        return asked + answered, [0] * len(asked) + [1] * len(answered)

    @cached_property
    def _end_of_turn(self) -> int:
        rendered = self._render(["user", "assistant"], reply=False)
        after = rendered.partition(HOLE.format(1))[2]
        ends = (self.control[piece] for piece in self._pieces(after) if piece in self.control)
        return next(ends, self.eos)

    def _named(self, role: str) -> int:
        name = self._names.get(role)
        id_ = self._text.token_to_id(name) if name else None
        if id_ is None:
            raise DataError(
                f"{self._file}: no {role} is known ({name!r}); "
                "name one of its tokens in tokenizer_config.json"
            )
        return int(id_)

    def _render(self, roles: Sequence[str], *, reply: bool) -> str:
        messages = [{"role": role, "content": HOLE.format(i)} for i, role in enumerate(roles)]
        try:
            rendered = self._compiled.render(
                messages=messages, add_generation_prompt=reply, **self._names
            )
        except TemplateError as error:
            raise DataError(
                f"{self._file.parent}: the chat template refuses the roles {list(roles)} ({error})"
            ) from None
        for message in messages:
            if message["role"] != "system" and message["content"] not in rendered:
                raise DataError(
                    f"{self._file.parent}: the chat template leaves out what the "
                    f"{message['role']} says; add a chat_template.jinja that writes it as it is"
                )
        return rendered

    @cached_property
    def _compiled(self) -> Template:
        text = _read_template(self._file.parent)
        if not text:
            raise DataError(
                f"{self._file.parent}: the model has no chat template; "
                "add chat_template.jinja or choose an instruction-tuned model"
            )
        try:
            return _environment().from_string(text)
        except TemplateError as error:
            raise DataError(f"{self._file.parent}: broken chat template ({error})") from None

    def _pieces(self, rendered: str) -> Iterator[str]:
        # Longest first: `<|im_end|>` must win over a control token that is its beginning.
        known = sorted(map(re.escape, self.control), key=len, reverse=True)
        pieces = re.split(f"({'|'.join(known)})", rendered) if known else [rendered]
        return (piece for piece in pieces if piece)


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a Hugging Face folder."""
    return Tokenizer(folder)


class Generation(Extension):
    """`{% generation %}`, by which templates mark the assistant's words: they stay as they are."""

    tags = {"generation"}  # noqa: RUF012 -- as jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """What stands between the tags."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
    )
    environment.globals["raise_exception"] = _refuse
    # A prompt that changes with the day would change a run's identity from day to day.
    environment.globals["strftime_now"] = datetime(2024, 1, 1, tzinfo=UTC).strftime
    return environment


def _fill(piece: str, messages: Sequence[Message]) -> str:
    hole = re.escape(HOLE).replace(r"\{\}", r"(\d+)")
    return re.sub(hole, lambda found: messages[int(found[1])].content, piece)


def _refuse(message: str) -> Never:
    raise TemplateError(message)


def _read_tokenizer(file: Path) -> tokenizers.Tokenizer:
    if not file.is_file():
        raise DataError(f"{file}: not found; a model folder needs the tokenizer in this form")
    try:
        return tokenizers.Tokenizer.from_file(str(file))
    except Exception as error:  # noqa: BLE001 -- the library raises nothing narrower
        raise DataError(f"{file}: not a tokenizer ({error})") from None


def _make_marks_special(text: tokenizers.Tokenizer) -> None:
    """Let no text spell a mark of fill-in-the-middle, which Qwen adds as an ordinary token."""
    marks = {mark for marks in SENTINELS for mark in marks}
    ordinary = [
        token
        for token in text.get_added_tokens_decoder().values()
        if token.content in marks and not token.special
    ]
    for token in ordinary:
        token.special = True
    text.add_special_tokens(ordinary)


def _read_names(folder: Path) -> dict[str, str]:
    file = folder / "tokenizer_config.json"
    try:
        table = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise DataError(f"{file}: not JSON ({error})") from None
    named = {role: table.get(role) for role in ("bos_token", "eos_token", "pad_token", "unk_token")}
    contents = {
        role: name.get("content") if isinstance(name, dict) else name
        for role, name in named.items()
    }
    return {role: name for role, name in contents.items() if name}


def _read_template(folder: Path) -> str:
    file = folder / TEMPLATE
    if file.is_file():
        return file.read_text(encoding="utf-8")
    beside = folder / "tokenizer_config.json"
    table = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    template = table.get("chat_template", "")
    if isinstance(template, list):
        template = {one["name"]: one["template"] for one in template}.get("default", "")
    return template if isinstance(template, str) else ""
