"""People's names, found by a token classifier in a Hugging Face folder.

Weights must be safetensors and code from the folder never runs. Texts go through the model one
window at a time, so that what is found does not depend on how texts were put into batches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer
from transformers import AutoModelForTokenClassification, PreTrainedModel

from auroram.errors import DataError, first_line

_LONGEST_WINDOW = 512
_OVERLAP = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NameModel:
    """A `ports.NameFinder`. Travels between processes as its settings; each loads its own."""

    folder: Path
    labels: tuple[str, ...] = ("PER",)
    """Labels that mean a person, without `B-` and `I-`."""
    lowest_score: float = 0.9
    """Least probability, averaged over its tokens, of a name that is believed."""

    def check(self) -> None:
        """Load the model now rather than at the first text.

        Raises:
            DataError: where the folder is missing, holds no safetensors or no tokenizer.json, or
                where its labels are others.
        """
        known = {_plain(label) for label in _loaded(self.folder).labels}
        if unknown := sorted(set(self.labels) - known):
            raise DataError(
                f"{self.folder}: has no label {unknown[0]!r}; it has {', '.join(sorted(known))}"
            )

    def names(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """First and last character (the last not included) of every name, text by text."""
        return [self._names_in(text) for text in texts]

    def _names_in(self, text: str) -> list[tuple[int, int]]:
        found = {
            (name[0].start, name[-1].end)
            for window in _loaded(self.folder).windows(text)
            for name in self._runs(window)
            if sum(token.score for token in name) / len(name) >= self.lowest_score
        }
        return _joined(sorted(found))

    def _runs(self, window: "list[_Token]") -> Iterator["list[_Token]"]:
        """Tokens that follow one another in a name; a `B-` after a blank starts another."""
        run: list[_Token] = []
        for token in window:
            named = _plain(token.label) in self.labels
            starts = token.label.startswith("B-") and bool(run) and token.start > run[-1].end
            if run and (starts or not named):
                yield run
                run = []
            if named:
                run.append(token)
        if run:
            yield run


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    label: str
    score: float


def _plain(label: str) -> str:
    return label[2:] if label[:2] in {"B-", "I-"} else label


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


class _Loaded:
    """A model and its tokenizer in this process."""

    def __init__(self, model: PreTrainedModel, tokenizer: Tokenizer) -> None:
        self._model, self._tokenizer = model, tokenizer
        names = {int(i): name for i, name in (model.config.id2label or {}).items()}
        self.labels = tuple(names[i] for i in sorted(names))

    def windows(self, text: str) -> Iterator[list[_Token]]:
        """The text's tokens with the model's labels, in overlapping windows."""
        encoding = self._tokenizer.encode(text)
        for part in (encoding, *encoding.overflowing):
            if part.ids:
                yield list(self._labelled(part))

    def _labelled(self, part: Encoding) -> Iterator[_Token]:
        with torch.inference_mode():
            logits_TL = self._model(input_ids=torch.tensor([part.ids])).logits[0]
        scores, labels = logits_TL.float().softmax(-1).max(-1)
        for (start, end), special, label, score in zip(
            part.offsets, part.special_tokens_mask, labels.tolist(), scores.tolist(), strict=True
        ):
            if not special and start < end:
                yield _Token(start, end, self.labels[label], score)


@cache
def _loaded(folder: Path) -> _Loaded:
    if not any(folder.glob("*.safetensors")) or not (folder / "tokenizer.json").is_file():
        raise DataError(
            f"{folder}: not a model that finds names (no safetensors or no tokenizer.json); "
            "name the folder of a Hugging Face token classifier"
        )
    try:
        model: Any = AutoModelForTokenClassification.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises no narrower one
        raise DataError(f"{folder}: not a model that finds names ({first_line(error)})") from error
    window = min(_LONGEST_WINDOW, getattr(model.config, "max_position_embeddings", 512) - 2)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=window, stride=min(_OVERLAP, window // 4))
    return _Loaded(model.train(mode=False), tokenizer)
