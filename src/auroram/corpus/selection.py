"""Which paragraphs of a document stay: its own language's, and no boilerplate."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.language import (
    Judged,
    LanguageIdentifier,
    Verdict,
    Wanted,
    own_paragraphs,
    script_shares,
)
from auroram.text.paragraphs import Paragraphs, paragraphs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is left of a document, and what became of its paragraphs."""

    text: str
    score: float
    """How sure its language is, in [0, 1]: mean over its own letters."""
    own_share: float
    """Share of the letters that are in paragraphs kept, boilerplate apart, in [0, 1]."""
    fates: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """Step, outcome, reason and unit to count; a paragraph's bytes include its line end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Takes paragraphs out of the documents of one source."""

    wanted: Wanted
    identifier: LanguageIdentifier
    repeated: NDArray[np.uint64]
    """Fingerprints of boilerplate, rising."""

    def select(self, texts: list[str]) -> list[Selection]:
        """The selection of each text, in order."""
        buffer = Buffer.of(texts)
        paragraphs = paragraphs_of(buffer)
        batch = _Batch(
            data=buffer.data.tobytes(),
            paragraphs=paragraphs,
            letters=paragraphs.letters.sum(axis=1),
            shares=script_shares(paragraphs.letters, self.wanted.script),
            boilerplate=np.isin(paragraphs.fingerprint, self.repeated),
        )
        ends = np.searchsorted(paragraphs.owner, np.arange(1, len(texts) + 1))
        starts = [0, *ends[:-1].tolist()]
        return [
            self._one(batch, np.arange(start, end))
            for start, end in zip(starts, ends.tolist(), strict=True)
        ]

    def _one(self, batch: "_Batch", rows: NDArray[np.int64]) -> Selection:
        fates: Counter[tuple[str, str, str, str]] = Counter()
        stays = ~batch.boilerplate[rows]
        for row in rows[~stays]:
            _count(fates, ("boilerplate", "dropped", "repeated"), batch.size(row))
        rows = rows[stays]
        judged = [self._judge(batch, row) for row in rows]
        kept = own_paragraphs(judged, longest_unsure_run=self.wanted.longest_unsure_run)
        for row, item, keep in zip(rows, judged, kept, strict=True):
            _count(fates, ("boilerplate", "kept", ""), batch.size(row))
            fate = ("language", "kept", "") if keep else ("language", "dropped", item.language)
            _count(fates, fate, batch.size(row))
        return Selection(
            text="\n".join(batch.text(row) for row, keep in zip(rows, kept, strict=True) if keep),
            score=_score(judged, batch.letters[rows]),
            own_share=_share(batch.letters[rows], np.array(kept, np.bool_)),
            fates=fates,
        )

    def _judge(self, batch: "_Batch", row: int) -> Judged:
        letters, share = int(batch.letters[row]), float(batch.shares[row])
        return self.wanted.judge(batch.text(row), letters, share, self.identifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    data: bytes
    paragraphs: Paragraphs
    letters: NDArray[np.int64]
    shares: NDArray[np.float64]
    boilerplate: NDArray[np.bool_]

    def text(self, row: int) -> str:
        return self.data[self.paragraphs.start[row] : self.paragraphs.end[row]].decode()

    def size(self, row: int) -> int:
        return int(self.paragraphs.end[row] - self.paragraphs.start[row]) + 1


def _count(
    fates: Counter[tuple[str, str, str, str]], fate: tuple[str, str, str], size: int
) -> None:
    fates[(*fate, "paragraphs")] += 1
    fates[(*fate, "bytes")] += size


def _score(judged: list[Judged], letters: NDArray[np.int64]) -> float:
    weights = [
        int(count) if item.verdict is Verdict.OWN else 0
        for item, count in zip(judged, letters, strict=True)
    ]
    total = sum(weights)
    scores = sum(item.score * weight for item, weight in zip(judged, weights, strict=True))
    return scores / total if total else 0.0


def _share(letters: NDArray[np.int64], kept: NDArray[np.bool_]) -> float:
    total = int(letters.sum())
    return int(letters[kept].sum()) / total if total else 0.0
