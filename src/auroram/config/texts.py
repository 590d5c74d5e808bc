"""Which domains and languages the texts of a recipe's stages can have, known before any is read.

Documents are filed by the language of their source, exchanges by what made them. What comes of them
may be less. Where a stage does not say, nothing is known.
"""

from collections.abc import Iterable, Mapping

from auroram.align.counterfactual import Counterfactual
from auroram.corpus.settings import Corpus
from auroram.instruct.candidate import DOMAIN as INSTRUCTIONS
from auroram.instruct.stage import Instructions
from auroram.redteam.settings import Redteam
from auroram.redteam.stage import SafetySeed
from auroram.review.stage import DOMAIN as SAFETY
from auroram.review.stage import ReleasedExchanges
from auroram.settings import StageSettings
from auroram.vocabulary.settings import Tokens

Stages = Mapping[str, StageSettings | None]
"""Name to settings; None for a stage whose settings are wrong."""


def document_domains(
    stages: Stages, names: Iterable[str], apart: Iterable[str] = ()
) -> frozenset[str] | None:
    """The domains of some stages' documents; None where one does not say.

    Args:
        stages: of the recipe.
        names: of the stages with documents.
        apart: those of them whose languages are domains of their own.
    """
    found: set[str] = set()
    for name in names:
        stage = stages.get(name)
        if not isinstance(stage, Corpus):
            return None
        languages = {source.language for source in stage.sources.values()}
        found |= {f"{name}-{language}" for language in languages} if name in apart else languages
    return frozenset(found)


def token_domains(stages: Stages, name: str) -> frozenset[str] | None:
    """The domains that a stage of tokens can make; None where one that it reads does not say."""
    tokens = stages.get(name)
    if not isinstance(tokens, Tokens):
        return None
    documents = document_domains(stages, tokens.documents, tokens.apart)
    exchanges = [_exchange_domains(stages, one, one in tokens.apart) for one in tokens.exchanges]
    return _union([documents, *exchanges])


def safety_languages(stages: Stages, names: Iterable[str]) -> frozenset[str] | None:
    """The languages of some stages' safety exchanges; None where one does not say."""
    return _union(_safety_languages(stages, name) for name in names)


def _safety_languages(stages: Stages, name: str) -> frozenset[str] | None:
    match stages.get(name):
        case SafetySeed(languages=languages) | Redteam(languages=languages):
            return frozenset(languages)
        case Counterfactual(exchanges=source):
            return _safety_languages(stages, source)
        case Instructions() | Corpus():
            return frozenset()
    return None


def _exchange_domains(stages: Stages, name: str, apart: bool) -> frozenset[str] | None:  # noqa: FBT001 -- private
    domain = _exchange_domain(stages, name)
    if domain is None or not apart:
        return None if domain is None else frozenset({domain})
    languages = _safety_languages(stages, name) if domain == SAFETY else None
    return None if languages is None else frozenset(f"{domain}-{one}" for one in languages)


def _exchange_domain(stages: Stages, name: str) -> str | None:
    match stages.get(name):
        case SafetySeed() | Redteam() | ReleasedExchanges():
            return SAFETY
        case Instructions():
            return INSTRUCTIONS
        case Counterfactual(exchanges=source):
            return _exchange_domain(stages, source)
    return None


def _union(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """All of them together; None where one is."""
    found: set[str] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)
