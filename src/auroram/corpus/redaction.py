"""What becomes of personal data."""

from collections.abc import Mapping
from dataclasses import field

from auroram.corpus.languages import CODE
from auroram.settings import settings
from auroram.text.personal_data import KINDS, Kind, Span, personal_spans, redacted


@settings
class Redaction:
    """Which personal data is replaced, and by what. Where it stood is recorded, never what."""

    kinds: tuple[Kind, ...] = KINDS
    """Kinds to replace in prose."""
    code_kinds: tuple[Kind, ...] = ("email", "key")
    """Kinds to replace in programs, where numbers are seldom anybody's."""
    placeholders: Mapping[Kind, str] = field(default_factory=dict)
    """Kind to what stands in its place; `<EMAIL>` and so on where left out."""

    def apply(self, text: str, language: str) -> tuple[str, list[Span]]:
        """The text without personal data, and where in the old text it stood."""
        kinds = self.code_kinds if language == CODE else self.kinds
        spans = personal_spans(text, kinds=kinds, language=language)
        return (redacted(text, spans, self._placeholder) if spans else text), spans

    def _placeholder(self, kind: Kind) -> str:
        return self.placeholders.get(kind, f"<{kind.upper()}>")
