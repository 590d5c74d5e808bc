"""A Hugging Face folder with a sequence classification head, asked for scores by label.

Weights come from safetensors; code in the folder and pickled weights are never run. A text longer
than the model's window is cut into windows, of which the first `MOST_WINDOWS` are looked at; its
score is their mean, weighted by their tokens.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
)
from transformers.utils.logging import disable_progress_bar

from auroram.errors import DataError, first_line

LONGEST_WINDOW = 512
"""Tokens of a window at most, special ones included."""
MOST_WINDOWS = 8
"""Windows of a text that are looked at."""
BATCH = 8
"""Windows that go through the model at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SequenceClassifier:
    """A model and its tokenizer. What a text is batched with moves its scores by rounding."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    is_exclusive: bool
    """Whether the labels exclude one another: their scores then add up to 1."""

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Scores in [0, 1], rounded to four places, shape (texts, labels)."""
        windows = [(row, ids) for row, text in enumerate(texts) for ids in self._windows(text)]
        # Windows of like length share a batch, so that little of it is padding.
        windows.sort(key=lambda window: (len(window[1]), window[0]))
        sums = np.zeros((len(texts), len(self.labels)))
        tokens = np.zeros(len(texts))
        size = BATCH if self.model.config.pad_token_id is not None else 1
        for start in range(0, len(windows), size):
            batch = windows[start : start + size]
            scores = self._batch([ids for _, ids in batch])
            for (row, ids), score in zip(batch, scores, strict=True):
                sums[row] += len(ids) * score
                tokens[row] += len(ids)
        return np.round(sums / np.maximum(tokens, 1)[:, None], 4).astype(np.float32)

    def _windows(self, text: str) -> list[list[int]]:
        encoding = self.tokenizer.encode(text)
        windows = [encoding.ids, *(rest.ids for rest in encoding.overflowing)]
        return [ids for ids in windows[:MOST_WINDOWS] if ids]

    def _batch(self, windows: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        longest = max(map(len, windows))
        pad = self.model.config.pad_token_id or 0
        ids = torch.tensor([[*ids, *[pad] * (longest - len(ids))] for ids in windows])
        mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in windows])
        with torch.inference_mode():
            logits = self.model(input_ids=ids, attention_mask=mask).logits.double()
        shares = logits.softmax(dim=-1) if self.is_exclusive else logits.sigmoid()
        return np.asarray(shares.numpy(), np.float64)


def load_sequence_classifier(folder: Path) -> SequenceClassifier:
    """The classifier of a folder, in float32, without dropout.

    Raises:
        DataError: where the folder is missing, holds no safetensors or tokenizer, or is of a
            kind that transformers cannot read without code from the folder itself.
    """
    _check(folder)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        loaded: Any = AutoModelForSequenceClassification.from_pretrained(
            folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise DataError(
            f"{folder}: not a classifier that can be loaded ({first_line(error)})"
        ) from error
    model: PreTrainedModel = loaded[0]
    # transformers would fill them with random numbers and say so in the log alone.
    if missing := sorted(loaded[1]["missing_keys"]):
        raise DataError(f"{folder}: {len(missing)} weights are missing ({missing[0]}, ...)")
    model.train(mode=False)
    config: Any = model.config
    # RoBERTa's positions start behind the padding's, so two of them are not for tokens.
    window = min(LONGEST_WINDOW, getattr(config, "max_position_embeddings", LONGEST_WINDOW) - 2)
    many = config.problem_type == "multi_label_classification"
    return SequenceClassifier(
        model=model,
        tokenizer=_tokenizer(folder, window),
        labels=tuple(str(config.id2label[i]) for i in range(config.num_labels)),
        is_exclusive=config.num_labels > 1 and not many,
    )


def _tokenizer(folder: Path, window: int) -> Tokenizer:
    """The folder's tokenizer, which cuts what is longer than a window into several."""
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        # The library raises nothing narrower.
        raise DataError(f"{folder}: the tokenizer cannot be read ({first_line(error)})") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(window)
    return tokenizer


def _check(folder: Path) -> None:
    place = folder / "config.json"
    if not place.is_file():
        raise DataError(f"{place}: not found; name a Hugging Face folder")
    try:
        kind = json.loads(place.read_text(encoding="utf-8")).get("model_type")
    except (ValueError, AttributeError) as error:
        raise DataError(f"{place}: not JSON ({error}); fetch the model again") from None
    if kind not in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES:
        raise DataError(
            f"{place}: not a classifier that transformers knows by itself ({kind!r}); "
            "choose one with a sequence classification head"
        )
    for pattern in ("tokenizer.json", "*.safetensors"):
        if not any(folder.glob(pattern)):
            raise DataError(
                f"{folder}: no {pattern}; save the model with its fast tokenizer as safetensors"
            )
