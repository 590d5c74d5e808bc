"""A model of this process answers: its log-probabilities and its replies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from transformers import PreTrainedModel

from auroram.model.choices import Precision
from auroram.model.endings import CONTEXT_TOKENS, Ending, ending_nats
from auroram.model.folder import load_model
from auroram.model.generation import before_stops, generate, reply_text
from auroram.model.reading import longest_row
from auroram.model.sampling import Sampling
from auroram.model.scoring import token_nats
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.records.writing import Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedModel:
    """A model with its tokenizer. Texts are encoded as lm-evaluation-harness encodes them."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    precision: Precision = "float32"

    def ending_nats(
        self, items: Sequence[Sequence[tuple[str, str]]], advance: Callable[[int], None]
    ) -> list[list[float]]:
        """Negative log-probability of each ending after its beginning."""
        pairs = [_moved(*pair) for item in items for pair in item]
        begun = self._encoded([beginning for beginning, _ in pairs])
        whole = self._encoded([beginning + ending for beginning, ending in pairs])
        start = [self.tokenizer.start]
        endings = iter(
            # A beginning is cut off by its own number of tokens, as the harness does.
            Ending(ids, len(ids) - len(given)) if given else Ending([*start, *ids], len(ids))
            for given, ids in zip(begun, whole, strict=True)
        )
        return ending_nats(
            self.model,
            [[next(endings) for _ in item] for item in items],
            precision=self.precision,
            advance=advance,
        )

    def text_nats(self, texts: Sequence[str], advance: Callable[[int], None]) -> list[float]:
        """Negative log-probability of each text, after the token that begins texts.

        A text longer than the model's positions is read in windows that overlap by a quarter.
        """
        sequences = [[self.tokenizer.start, *ids] for ids in self.tokenizer.encode_batch(texts)]
        nats = token_nats(
            self.model, sequences, context_tokens=self._positions, precision=self.precision
        )
        advance(len(texts))
        return [float(values.sum(dtype=np.float64)) for values in nats]

    def replies(
        self, prompts: Sequence[str], writing: Writing, advance: Callable[[int], None]
    ) -> list[list[str]]:
        """So many replies to each prompt; a prompt that is too long loses its beginning."""
        most = max(1, self._positions - writing.max_tokens)
        ids = [one[-most:] or [self.tokenizer.start] for one in self._encoded(prompts)]
        found = generate(
            self.model,
            self.tokenizer,
            [one for one in ids for _ in range(writing.replies)],
            max_tokens=writing.max_tokens,
            stops=writing.stops,
            sampling=Sampling(
                temperature=writing.temperature, top_p=writing.top_p, seed=writing.seed
            ),
            advance=advance,
        )
        texts = [before_stops(reply_text(self.tokenizer, one), writing.stops) for one in found]
        many = writing.replies
        return [texts[start : start + many] for start in range(0, len(texts), many)]

    @property
    def _positions(self) -> int:
        return longest_row(self.model) or CONTEXT_TOKENS

    def _encoded(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text, each different one encoded once; empty ones stay empty."""
        unlike = list(dict.fromkeys(texts))
        bos = self.tokenizer.bos
        opening = [] if bos is None else [bos]
        ids = self.tokenizer.encode_batch(unlike)
        known = {
            text: [*opening, *one] if text else [] for text, one in zip(unlike, ids, strict=True)
        }
        return [known[text] for text in texts]


def open_model(folder: Path, precision: Precision = "float32") -> EmbeddedModel:
    """The model of a Hugging Face folder."""
    return EmbeddedModel(
        model=load_model(folder), tokenizer=load_tokenizer(folder), precision=precision
    )


def _moved(beginning: str, ending: str) -> tuple[str, str]:
    """Blanks at the end of a beginning belong to the ending, as tokens begin with blanks."""
    bare = beginning.rstrip()
    return bare, beginning[len(bare) :] + ending
