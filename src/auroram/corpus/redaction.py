"""What becomes of personal data: replaced by its kind, by a made-up value, or only recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from auroram.corpus.languages import CODE
from auroram.ports import NameFinder
from auroram.records.canonical import Json
from auroram.settings import PositiveFloat, settings
from auroram.text.personal_data import KINDS, Kind, Span, apart, batch_spans, redacted
from auroram.text.surrogates import surrogate

Action = Literal["redact", "surrogate", "tag"]
"""`redact`: the kind in its place. `surrogate`: a made-up value of the same shape, the same for the
same value everywhere. `tag`: the text stays, the place is recorded."""


@settings
class Names:
    """A model that finds people's names; a Hugging Face folder for token classification."""

    folder: str
    """Its folder, relative to the recipe: `config.json`, safetensors, `tokenizer.json`."""
    labels: tuple[str, ...] = ("PER",)
    """Labels that mean a person, without `B-` and `I-`."""
    lowest_score: PositiveFloat = 0.9
    """Least probability, averaged over its tokens, of a name that is believed."""

    def __post_init__(self) -> None:
        if not self.labels or self.lowest_score > 1:
            raise ValueError("names need a label, and a lowest_score of at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A text without its personal data."""

    text: str
    spans: Sequence[Span] = ()
    """Where it stood, in characters of the text before; in order, without overlaps."""
    sizes: Sequence[int] = ()
    """Characters that now stand in the place of each."""

    @property
    def is_changed(self) -> bool:
        """Whether anything was found."""
        return bool(self.spans)

    def place(self, before: int, *, is_end: bool) -> int:
        """Where a place of the text before lies in this one.

        A place within a value becomes the start of what stands there now, an end its end.
        """
        moved = 0
        for span, size in zip(self.spans, self.sizes, strict=True):
            if before <= span.start:
                break
            if before < span.end:
                return span.start + moved + (size if is_end else 0)
            moved += size - (span.end - span.start)
        return before + moved


@settings
class Redaction:
    """Which personal data is replaced, and by what. Where it stood is recorded, never what."""

    kinds: tuple[Kind, ...] = KINDS
    """Kinds to look for in prose."""
    code_kinds: tuple[Kind, ...] = ("email", "key")
    """Kinds to look for in programs, where numbers are seldom anybody's."""
    action: Action = "redact"
    """What becomes of what is found: `redact`, `surrogate` or `tag`."""
    actions: Mapping[Kind, Action] = field(default_factory=dict)
    """Kind to what becomes of it, where that is not `action`."""
    placeholders: Mapping[Kind, str] = field(default_factory=dict)
    """Kind to what stands in its place; `<EMAIL>` and so on where left out."""
    names: Names | None = None
    """The model that finds names; without it none are looked for."""

    def __post_init__(self) -> None:
        for kind, placeholder in self.placeholders.items():
            if batch_spans([placeholder], kinds=KINDS, language="*"):
                raise ValueError(f"the placeholder of {kind} is itself personal data")

    def apply_all(
        self,
        texts: Sequence[str] | pa.Array,
        language: str,
        *,
        seed: int = 0,
        finder: NameFinder | None = None,
    ) -> list[Redacted]:
        """Every text without personal data, in order. How texts are batched changes nothing.

        Args:
            texts: of one language; where nothing is found the text itself comes back.
            language: BCP 47 tag, or `code`.
            seed: of the run; keys the surrogates.
            finder: what `names` describes, loaded.
        """
        found = self._found(texts, language, finder)
        plain: list[str] = texts.to_pylist() if isinstance(texts, pa.Array) else list(texts)
        return [
            self._replaced(text, found[i], seed, language) if i in found else Redacted(text=text)
            for i, text in enumerate(plain)
        ]

    def apply(self, text: str, language: str) -> tuple[str, list[Span]]:
        """The text without personal data, and where in the old text it stood."""
        (done,) = self.apply_all([text], language)
        return done.text, list(done.spans)

    def rows(self, document: str, spans: Sequence[Span]) -> list[Json]:
        """Rows of `records.document.PERSONAL_DATA` for what was found in a document."""
        return [
            {
                "id": document,
                "kind": span.kind,
                "start": span.start,
                "end": span.end,
                "validator": span.validator,
                "action": self.action_for(span.kind),
            }
            for span in spans
        ]

    def action_for(self, kind: Kind) -> Action:
        """What becomes of a kind."""
        return self.actions.get(kind, self.action)

    def _kinds(self, language: str) -> tuple[Kind, ...]:
        return self.code_kinds if language == CODE else self.kinds

    def _found(
        self, texts: Sequence[str] | pa.Array, language: str, finder: NameFinder | None
    ) -> dict[int, list[Span]]:
        kinds = self._kinds(language)
        found = batch_spans(texts, kinds=kinds, language=language)
        if finder is None or "name" not in kinds:
            return found
        plain = texts.to_pylist() if isinstance(texts, pa.Array) else texts
        for i, places in enumerate(finder.names(plain)):
            names = [
                Span(kind="name", start=start, end=end, validator="model")
                for start, end in places
                if start < end
            ]
            if names:
                found[i] = apart([*found.get(i, []), *names])
        return found

    def _replaced(self, text: str, spans: list[Span], seed: int, language: str) -> Redacted:
        """With stand-ins; with placeholders alone where made-up numbers would join others."""
        made = self._with(text, spans, lambda kind, value: self._stand_in(kind, value, seed))
        actions = {span.kind: self.action_for(span.kind) for span in spans}
        if "surrogate" not in actions.values():
            return made
        kinds = [kind for kind, action in actions.items() if action != "tag"]
        if batch_spans([made.text], kinds=kinds, language=language):
            return self._with(text, spans, lambda kind, _: self._placeholder(kind))
        return made

    def _with(self, text: str, spans: list[Span], stand_in: Callable[[Kind, str], str]) -> Redacted:
        values = ((span.kind, text[span.start : span.end]) for span in spans)
        there = [
            value if self.action_for(kind) == "tag" else stand_in(kind, value)
            for kind, value in values
        ]
        left = iter(there)
        made = redacted(text, spans, lambda *_: next(left))
        return Redacted(text=made, spans=spans, sizes=[len(one) for one in there])

    def _stand_in(self, kind: Kind, value: str, seed: int) -> str:
        made = surrogate(kind, value, seed) if self.action_for(kind) == "surrogate" else None
        return made or self._placeholder(kind)

    def _placeholder(self, kind: Kind) -> str:
        return self.placeholders.get(kind, f"<{kind.upper()}>")
