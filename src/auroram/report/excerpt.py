"""A piece of somebody's text as a page shows it: short, and without personal data."""

from auroram.text.personal_data import KINDS, personal_spans, redacted

CHARACTERS = 200


def excerpt(text: str, language: str) -> str:
    """The beginning of the text, personal data replaced by its kind."""
    clean = _clean(text, language)
    return clean if len(clean) <= CHARACTERS else clean[:CHARACTERS].rstrip() + "…"


def last_words(text: str, language: str) -> str:
    """The end of the text, where a question stands after its worked examples."""
    clean = _clean(text, language)
    return clean if len(clean) <= CHARACTERS else "…" + clean[-CHARACTERS:].lstrip()


def _clean(text: str, language: str) -> str:
    spans = personal_spans(text, kinds=KINDS, language=language)
    return redacted(text, spans, lambda kind, _: f"<{kind.upper()}>")
