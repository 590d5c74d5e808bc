"""The seed requests and answers that come with the package: a TOML file a language.

A request is a template with a topic in its slot. The split hangs on the template, so that a test
request is always worded in a way that training never showed. Harmful and benign requests share
their templates, so that the topic alone decides; a file's first templates are for every concern.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from auroram.errors import DataError

FOLDER = Path(__file__).parent / "seed"
SLOT = "{topic}"

Split = Literal["train", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The frame of a request, with a slot for its topic."""

    id: str
    text: str
    split: Split

    def __post_init__(self) -> None:
        if SLOT not in self.text:
            raise ValueError(f"template {self.id!r} needs {SLOT}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a request is about, and for a benign one how it is answered."""

    id: str
    text: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that declines, says why, and offers a safe way on."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class General:
    """An everyday question with its answer."""

    id: str
    text: str
    answer: str
    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernSeed:
    """What one language holds on one concern."""

    templates: tuple[Template, ...]
    harmful_topics: tuple[Topic, ...]
    refusals: tuple[Refusal, ...]
    benign_topics: tuple[Topic, ...]

    def __post_init__(self) -> None:
        if self.harmful_topics and not self.refusals:
            raise ValueError("harmful topics without refusals")
        unanswered = [topic.id for topic in self.benign_topics if not topic.answer]
        if unanswered:
            raise ValueError(f"benign topics without an answer: {', '.join(unanswered)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSeed:
    """One language's file."""

    language: str
    licence: str
    helpful_opening: str
    """How every answer to a look-alike begins. Refusals begin alike too; if answers did not, the
    likeliest first word of a reply would be a refusal's long before a refusal is likely."""
    concerns: Mapping[str, ConcernSeed]
    general: tuple[General, ...]


def seeded_languages(folder: Path = FOLDER) -> list[str]:
    """The languages that have a file, in alphabetical order."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def read_seed(language: str, folder: Path = FOLDER) -> LanguageSeed:
    """The seed of one language.

    Raises:
        DataError: where there is none, where the file is not as it should be, or where a
            template is in both splits.
    """
    if language not in seeded_languages(folder):
        raise DataError(
            f"safety seed: no requests in {language!r}; "
            f"languages with seed data are {', '.join(seeded_languages(folder))}"
        )
    file = folder / f"{language}.toml"
    try:
        seed = _seed(tomllib.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{file}: not a file of seed requests ({error}); mend it") from error
    _check_splits(seed, file)
    return seed


def _seed(table: Mapping[str, Any]) -> LanguageSeed:
    shared = _templates(table)
    return LanguageSeed(
        language=table["language"],
        licence=table["licence"],
        helpful_opening=table["helpful_opening"],
        concerns={name: _concern(parts, shared) for name, parts in table["concerns"].items()},
        general=tuple(General(**item) for item in table["general"]),
    )


def _concern(parts: Mapping[str, Any], shared: tuple[Template, ...]) -> ConcernSeed:
    return ConcernSeed(
        templates=_templates(parts) + shared,
        harmful_topics=tuple(Topic(**item) for item in parts["harmful_topics"]),
        refusals=tuple(Refusal(**item) for item in parts["refusals"]),
        benign_topics=tuple(Topic(**item) for item in parts["benign_topics"]),
    )


def _templates(table: Mapping[str, Any]) -> tuple[Template, ...]:
    return tuple(Template(**item) for item in table["templates"])


def _check_splits(seed: LanguageSeed, file: Path) -> None:
    splits: dict[str, str] = {}
    for concern in seed.concerns.values():
        for template in concern.templates:
            if template.split not in ("train", "test"):
                raise DataError(f"{file}: template {template.id!r} needs a split of train or test")
            if splits.setdefault(template.text, template.split) != template.split:
                raise DataError(
                    f"{file}: {template.text!r} is a template of both splits; keep it in one"
                )
