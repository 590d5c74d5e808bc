"""A byte-level BPE tokenizer as the table in `tokenizer.json`, to read and to extend.

Tokens are spelled in the byte-level alphabet, where every byte is one printable character.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers.models import BPE

from auroram.errors import DataError
from auroram.records.files import write_text

Merge = tuple[str, str]
Pieces = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ByteLevel:
    """The vocabulary, the merges in their order, and how text is cut into words before them."""

    table: Mapping[str, Any]
    """All of `tokenizer.json`."""

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Token to id, tokens that were added by hand with them."""
        added = {token["content"]: token["id"] for token in self.table["added_tokens"]}
        return {**self.table["model"]["vocab"], **added}

    @cached_property
    def merges(self) -> list[Merge]:
        """Pairs that become one token, the first with the highest rank."""
        written = self.table["model"]["merges"]
        pairs = (merge.split(" ") if isinstance(merge, str) else merge for merge in written)
        return [(left, right) for left, right in pairs]

    @property
    def takes_whole_words(self) -> bool:
        """Whether a word that is a token is taken as one, whatever the merges say (Llama 3)."""
        return bool(self.table["model"].get("ignore_merges"))

    @cached_property
    def _text(self) -> Any:  # noqa: ANN401 -- the library is untyped
        return tokenizers.Tokenizer.from_str(json.dumps(self.table))

    def word_counts(self, texts: Iterable[str]) -> Counter[str]:
        """How often each word stands in the texts, as the merges are given it."""
        counts: Counter[str] = Counter()
        normalizer, cut = self._text.normalizer, self._text.pre_tokenizer.pre_tokenize_str
        for text in texts:
            plain = normalizer.normalize_str(text) if normalizer else text
            counts.update(word for word, _ in cut(plain))
        return counts

    def pieces(self, words: Iterable[str], more: Sequence[Merge] = ()) -> dict[str, Pieces]:
        """The tokens of each word, where `more` merges stand behind the tokenizer's own."""
        vocabulary = dict(self.vocabulary)
        for left, right in more:
            vocabulary.setdefault(left + right, len(vocabulary))
        merges = [*self.merges, *more]
        model = BPE(vocabulary, merges, ignore_merges=self.takes_whole_words)
        return {word: tuple(token.value for token in model.tokenize(word)) for word in words}

    def extended(self, merges: Sequence[Merge]) -> "ByteLevel":
        """The tokenizer with the merges behind its own and a new id for each new token."""
        # On loading, tokens added by hand that the model does not know are numbered behind its
        # vocabulary, which would move them; in it, they keep their ids.
        vocabulary = dict(self.vocabulary)
        following = max(vocabulary.values()) + 1
        for left, right in merges:
            if left + right not in vocabulary:
                vocabulary[left + right] = following
                following += 1
        pairs = [list(pair) for pair in (*self.merges, *merges)]
        model = {**self.table["model"], "vocab": vocabulary, "merges": pairs}
        return ByteLevel(table={**self.table, "model": model})

    def write(self, file: Path) -> None:
        """Write `tokenizer.json`."""
        write_text(file, json.dumps(self.table, ensure_ascii=False))


def read_byte_level(file: Path) -> ByteLevel:
    """The tokenizer of a `tokenizer.json`.

    Raises:
        DataError: where it is missing, or is no byte-level BPE.
    """
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: not a tokenizer ({error})") from None
    model, alphabet = table.get("model", {}), '"ByteLevel"' in json.dumps(table["pre_tokenizer"])
    marks = [model.get("continuing_subword_prefix"), model.get("end_of_word_suffix")]
    if model.get("type") != "BPE" or not alphabet or any(marks) or model.get("byte_fallback"):
        raise DataError(
            f"{file}: only a byte-level BPE vocabulary can be extended ({model.get('type')!r} "
            "given, or one of another alphabet); leave the stage out or choose another model"
        )
    return ByteLevel(table={"added_tokens": [], **table})
