"""One language's file: the frames, phrases and fillers of requests, and the parts of refusals.

A slot is `{type}` or `{type:form}`. A frame has one, for a `deed` or a `piece`; a phrase may have
slots for fillers, which are typed: any filler of the type fits, in the form that is asked for.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from auroram.errors import DataError
from auroram.records.files import sha256_of
from auroram.redteam.language_faults import disagreements, faults_of

FOLDER = Path(__file__).parent / "languages"
PIVOT = "en"
"""The language whose ids the others share."""
SLOT = re.compile(r"\{([a-z]+)(?::([a-z]+))?\}")
PLAIN_FORM = "text"
"""The form that a slot without one asks for."""

Split = Literal["train", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A sentence with one slot. Its split is that of everything made from it."""

    id: str
    text: str
    split: Split

    @property
    def slot(self) -> str:
        """`deed` or `piece`."""
        return SLOT.findall(self.text)[0][0]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What a request asks for, with slots of its own, and its harmless twin."""

    id: str
    slot: str
    """Which slot of a frame it fits."""
    text: str
    twin: str
    answer: str
    """The answer to the twin."""
    excepted: frozenset[str]
    """Ids of fillers that would make no sense here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernWords:
    """What a language says on one concern."""

    cues: tuple[str, ...]
    """Words that speak of the concern, as `text.lexicon` reads them."""
    reason: str
    """Names the concern and says why the request is declined."""
    ways: tuple[str, ...]
    """Offers of something safe."""
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Everything that one language's file says."""

    code: str
    name: str
    """In English, for instructions to a model."""
    licence: str
    written: date
    checked_by: tuple[str, ...]
    """Native readers who have checked the file."""
    readings: bool
    """Whether requests carry readings in brackets."""
    sha256: str
    """Of the file."""
    frames: tuple[Frame, ...]
    asking: tuple[str, ...]
    """How published prompts ask: a sentence with one slot; `*` first is whatever stands before."""
    fillers: Mapping[str, Mapping[str, Mapping[str, str]]]
    """Type to filler to form to words."""
    openings: tuple[str, ...]
    """First sentences of a refusal."""
    refusing: tuple[str, ...]
    """Words that show a refusal."""
    concerns: Mapping[str, ConcernWords]
    wrappers: Mapping[str, str]
    """What mutations put around a request."""


def written_languages(folder: Path = FOLDER) -> list[str]:
    """The languages that have a file, in alphabetical order."""
    return sorted(file.stem for file in folder.glob("*.toml"))


@cache
def read_language(code: str, folder: Path = FOLDER) -> Language:
    """The file of one language.

    Raises:
        DataError: where there is none, or naming every fault of it, such as an unfilled slot or
            an id that the pivot has and it has not.
    """
    file = folder / f"{code}.toml"
    if not file.is_file():
        known = ", ".join(written_languages(folder))
        raise DataError(f"redteam: no templates in {code!r}; languages with templates are {known}")
    table = _table(file)
    faults = faults_of(table)
    if code != PIVOT and not faults:
        faults = disagreements(table, _table(folder / f"{PIVOT}.toml"))
    if faults:
        raise DataError("\n  ".join([f"{file}: the templates are wrong:", *faults]))
    return _language(table, sha256_of(file))


def _table(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: cannot be read as TOML ({error}); mend it") from None


def _language(table: Mapping[str, Any], sha256: str) -> Language:
    return Language(
        code=table["language"],
        name=table["name"],
        licence=table["licence"],
        written=table["written"],
        checked_by=tuple(table["checked_by"]),
        readings=table.get("readings", False),
        sha256=sha256,
        frames=tuple(Frame(**frame) for frame in table["frames"]),
        asking=tuple(table.get("asking", ())),
        fillers={
            kind: {one["id"]: {key: one[key] for key in one if key != "id"} for one in entries}
            for kind, entries in table["fillers"].items()
        },
        openings=tuple(table["openings"]),
        refusing=tuple(table["refusing"]),
        concerns={name: _words(parts) for name, parts in table["concerns"].items()},
        wrappers=table["wrappers"],
    )


def _words(table: Mapping[str, Any]) -> ConcernWords:
    return ConcernWords(
        cues=tuple(table["cues"]),
        reason=table["reason"],
        ways=tuple(table["ways"]),
        phrases=tuple(_phrase(entry) for entry in table["phrases"]),
    )


def _phrase(entry: Mapping[str, Any]) -> Phrase:
    slot = "deed" if "deed" in entry else "piece"
    return Phrase(
        id=entry["id"],
        slot=slot,
        text=entry[slot],
        twin=entry["twin"],
        answer=entry["answer"],
        excepted=frozenset(entry.get("except", ())),
    )
