"""How many tokens a tokenizer spends on a language.

Tokens per byte flatter scripts whose letters take three bytes, and tokens per character flatter
those whose characters are whole words. Only the same sentences in two languages compare like with
like: a language that takes twice the tokens of English for what English says costs twice as much to
train and to use. Source: Petrov et al. 2023, arXiv:2305.15425.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from auroram.model.tokenizer import Tokenizer

REFERENCE = "en"
"""The language that the others are compared with."""

DEAR = 2.0
"""From this many times the tokens of English on, an extended vocabulary is advised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fertility:
    """Counts over some texts."""

    texts: int
    tokens: int
    text_bytes: int
    characters: int

    @property
    def per_byte(self) -> float:
        """Tokens per byte of UTF-8; 0 without text."""
        return self.tokens / max(1, self.text_bytes)

    @property
    def per_character(self) -> float:
        """Tokens per Unicode character; 0 without text."""
        return self.tokens / max(1, self.characters)

    @property
    def per_text(self) -> float:
        """Tokens per text; 0 without text. Comparable where the texts are translations."""
        return self.tokens / max(1, self.texts)


def fertility(tokenizer: Tokenizer, texts: Sequence[str]) -> Fertility:
    """What the tokenizer spends on the texts."""
    return Fertility(
        texts=len(texts),
        tokens=sum(map(len, tokenizer.encode_batch(texts))),
        text_bytes=sum(len(text.encode()) for text in texts),
        characters=sum(map(len, texts)),
    )


def parallel_sentences() -> dict[str, list[str]]:
    """The same articles of the declaration of human rights by language (BCP 47)."""
    text = (files("auroram.vocabulary") / "parallel.toml").read_text("utf-8")
    return tomllib.loads(text)


def premiums(found: Mapping[str, Fertility]) -> dict[str, float]:
    """For each language, its tokens over those of English for the same texts.

    Raises:
        ValueError: where there is no English, or the texts of a language are not as many.
    """
    if REFERENCE not in found:
        raise ValueError(f"no texts in {REFERENCE!r} to compare with")
    reference = found[REFERENCE]
    if any(one.texts != reference.texts for one in found.values()):
        raise ValueError("the languages hold unlike numbers of texts, so they are no translations")
    return {language: one.tokens / max(1, reference.tokens) for language, one in found.items()}


def without_region(tag: str) -> str:
    """A language's tag without the country, which changes its words but not its letters.

    >>> without_region("pt-BR"), without_region("es-419"), without_region("hi-Latn")
    ('pt', 'es', 'hi-Latn')
    """
    main, _, rest = tag.partition("-")
    return main if re.fullmatch("[A-Za-z]{2}|[0-9]{3}", rest) else tag


def advice(tokenizer: Tokenizer, languages: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each language that costs more than twice the tokens of English.

    Args:
        tokenizer: of the base model.
        languages: those of the recipe; one that no parallel sentence is known in is passed over.
    """
    sentences = parallel_sentences()
    known = [language for language in languages if without_region(language) in sentences]
    found = {
        name: fertility(tokenizer, sentences[without_region(name)]) for name in (REFERENCE, *known)
    }
    return tuple(
        f"{language} takes {premium:.1f} times the tokens of English for the same sentences; "
        "a stage of kind 'extend-vocabulary' before the tokens would lower that"
        for language, premium in premiums(found).items()
        if premium > DEAR
    )


def not_compared(languages: Sequence[str]) -> tuple[str, ...]:
    """A sentence that names the languages of which no parallel sentence is known; none for none."""
    sentences = parallel_sentences()
    unknown = sorted(name for name in set(languages) if without_region(name) not in sentences)
    if not unknown:
        return ()
    return (
        f"{', '.join(unknown)}: no parallel sentences are known, so what they cost is not compared "
        "with English; measure texts of your own with auroram vocabulary fertility MODEL TEXT",
    )
