"""Finding personal data in a batch: suspicious stretches, then patterns, then validators.

Nothing here depends on how texts were put into batches. What is found is masked, and its stretch
read again, until nothing more is found: so what a replaced neighbour would have uncovered is
found too, and a redacted text holds nothing that a second pass would find.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from auroram.text.cues import REACH
from auroram.text.detectors import ANY_LANGUAGE, KINDS, Detector, DetectorSet, Kind, detector_set
from auroram.text.shadow import shadow
from auroram.text.suspects import Joined, suspects

__all__ = [
    "ANY_LANGUAGE", "KINDS", "Kind", "Span", "apart", "batch_spans", "personal_spans", "redacted",
]  # fmt: skip

_LONGEST_CHARACTER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where something personal stands in a text; never what it is."""

    kind: Kind
    start: int
    """In characters."""
    end: int
    validator: str
    """Name of the check that it passed."""


def personal_spans(text: str, *, kinds: Iterable[Kind], language: str) -> list[Span]:
    """What is found in one text, in order and without overlaps: `batch_spans` of one."""
    return batch_spans([text], kinds=kinds, language=language).get(0, [])


def batch_spans(
    texts: Sequence[str] | pa.Array, *, kinds: Iterable[Kind], language: str
) -> dict[int, list[Span]]:
    """What is found in each text, by its place in the batch; texts with nothing are left out.

    Spans are in order and do not overlap: what overlaps becomes one span of the kind that wins.

    Args:
        texts: any texts; Arrow's are read where they lie.
        kinds: what to look for.
        language: BCP 47 tag, which decides whose national numbers to look for, or
            `ANY_LANGUAGE`.
    """
    detectors = detector_set(frozenset(kinds), language.partition("-")[0])
    if detectors is None:
        return {}
    batch = Joined.of(texts)
    reader = _Reader(batch=batch, detectors=detectors)
    found: dict[int, list[Span]] = {}
    for document, start, end in suspects(batch):
        spans = reader.spans(document, start, end)
        if spans:
            found.setdefault(document, []).extend(spans)
    return found


class _Reader:
    """Reads suspicious stretches in order, and counts characters as it goes."""

    def __init__(self, *, batch: Joined, detectors: DetectorSet) -> None:
        self._data, self._starts = batch.data, batch.starts
        self._detectors = detectors
        self._document, self._byte, self._character = -1, 0, 0

    def spans(self, document: int, start: int, end: int) -> list[Span]:
        """What is found between two bytes of a document, in characters of the document."""
        first = int(self._starts[document])
        stretch = shadow(str(self._data[start:end], "utf-8"))
        hits = _hits(stretch, self._detectors, lambda: self._before(first, start))
        if not hits:
            return []
        here = self._characters_until(document, start)
        return [replace(hit, start=hit.start + here, end=hit.end + here) for hit in hits]

    def _before(self, first: int, start: int) -> str:
        from_byte = max(first, start - _LONGEST_CHARACTER * REACH)
        return bytes(self._data[from_byte:start]).decode("utf-8", "ignore")

    def _characters_until(self, document: int, byte: int) -> int:
        if document != self._document:
            self._document, self._byte, self._character = document, int(self._starts[document]), 0
        self._character += len(str(self._data[self._byte : byte], "utf-8"))
        self._byte = byte
        return self._character


def _hits(stretch: str, detectors: DetectorSet, before: Callable[[], str]) -> list[Span]:
    """Everything in a stretch, by masking what is found until nothing more is."""
    found: list[Span] = []
    masked = bytearray(stretch, "ascii")
    while True:
        ascii_bytes = bytes(masked)
        fresh = [
            span
            for detector in detectors.likely(ascii_bytes)
            for span in _matches(detector, ascii_bytes, before)
        ]
        if not fresh:
            return apart(found)
        found += fresh
        for span in fresh:
            masked[span.start : span.end] = bytes(span.end - span.start)


def _matches(detector: Detector, stretch: bytes, before: Callable[[], str]) -> Iterator[Span]:
    search, place, text = detector.compiled().search, 0, stretch.decode("ascii")
    while match := search(stretch, place):
        start, end = match.span()
        place = start + 1
        length = detector.valid_length(text, start, end)
        near = _near(text, start, before) if length and detector.reads_words else ""
        if length and detector.is_believed(near):
            place = start + length
            yield Span(kind=detector.kind, start=start, end=place, validator=detector.validator)


def _near(stretch: str, start: int, before: Callable[[], str]) -> str:
    near = stretch[max(0, start - REACH) : start]
    return near if start >= REACH else before() + near


def apart(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap made one of the kind that wins."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, KINDS.index(span.kind))):
        if merged and span.start < merged[-1].end:
            merged[-1] = _merged(merged[-1], span)
        else:
            merged.append(span)
    return merged


def _merged(left: Span, right: Span) -> Span:
    winner = min(left, right, key=lambda span: KINDS.index(span.kind))
    return replace(winner, start=left.start, end=max(left.end, right.end))


def redacted(text: str, spans: Iterable[Span], stand_in: Callable[[Kind, str], str]) -> str:
    """The text with every span replaced. The spans must be in order and not overlap.

    Args:
        text: the text in which the spans were found.
        spans: where to replace.
        stand_in: of a kind and a value, what comes in its place.
    """
    parts, last = [], 0
    for span in spans:
        parts += [text[last : span.start], stand_in(span.kind, text[span.start : span.end])]
        last = span.end
    return "".join([*parts, text[last:]])
