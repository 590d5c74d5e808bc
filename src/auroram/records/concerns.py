"""The taxonomy of concerns: what a request can be about that a model should not help with.

`concerns.toml` beside this file is the one there is. A concern's id never changes its meaning.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from auroram.errors import DataError

CONCERNS = Path(__file__).parent / "concerns.toml"
LANGUAGES = ("en", "fi", "hi", "ja", "vi")
"""Languages in which every concern is titled and defined."""

_FRAMEWORK_KEYS = frozenset({"id", "title", "citation", "issued", "status", "unverified"})
_CONCERN_KEYS = frozenset({"id", "version", "reference", "title", "definition", "crosswalk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A law, a profile or a prompt set that concerns answer to."""

    id: str
    title: str
    citation: str
    issued: date
    """A prompt that is older cannot have been written for it."""
    status: str
    """`rescinded`, `voluntary`, `in force`, or `prompt set`."""
    rescinded: date | None = None
    """The day on which it ended; None where it stands."""
    unverified: tuple[str, ...]
    """References into it that nobody has compared with its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One thing that a request can be about."""

    id: str
    version: int
    title: Mapping[str, str]
    """By language."""
    definition: Mapping[str, str]
    crosswalk: Mapping[str, tuple[str, ...]]
    """Framework to its parts, or a prompt set's categories, that the concern answers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """All concerns, in their order, and the frameworks that they answer to."""

    version: int
    checked_by: Mapping[str, tuple[str, ...]]
    """Language to the people who read it as natives and have checked titles and definitions."""
    frameworks: Mapping[str, Framework]
    concerns: Mapping[str, Concern]

    def framework(self, id_: str) -> Framework:
        """The framework of this id.

        Raises:
            DataError: where there is none, naming those that there are.
        """
        if id_ not in self.frameworks:
            raise DataError(f"{id_!r}: no such framework; known: {', '.join(self.frameworks)}")
        return self.frameworks[id_]

    def mapped(self, framework: str, category: str) -> tuple[str, ...]:
        """Ids of the concerns that a framework's part or a prompt set's category maps into."""
        return tuple(
            concern.id
            for concern in self.concerns.values()
            if category in concern.crosswalk.get(framework, ())
        )


@cache
def read_taxonomy(path: Path = CONCERNS) -> Taxonomy:
    """The taxonomy of a file.

    Raises:
        DataError: naming every fault of the file.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as TOML ({error}); mend it") from None
    faults = list(_faults(table))
    if faults:
        raise DataError("\n  ".join([f"{path}: not a taxonomy of concerns:", *faults]))
    policy = table["policy"]
    return Taxonomy(
        version=table["version"],
        checked_by={language: tuple(names) for language, names in table["checked_by"].items()},
        frameworks={one["id"]: _framework(one) for one in (policy, *table["frameworks"])},
        concerns={one["id"]: _concern(one, policy["id"]) for one in table["concerns"]},
    )


def _framework(table: Mapping[str, Any]) -> Framework:
    return Framework(**{**table, "unverified": tuple(table["unverified"])})


def _concern(table: Mapping[str, Any], policy: str) -> Concern:
    crosswalk = {policy: tuple(table["reference"].split(", "))}
    crosswalk |= {name: tuple(parts) for name, parts in table["crosswalk"].items()}
    return Concern(
        id=table["id"],
        version=table["version"],
        title=table["title"],
        definition=table["definition"],
        crosswalk=crosswalk,
    )


def _faults(table: Mapping[str, Any]) -> Iterator[str]:
    missing = {"version", "checked_by", "policy", "frameworks", "concerns"} - set(table)
    if missing:
        yield f"missing: {', '.join(sorted(missing))}"
        return
    for language in LANGUAGES:
        if language not in table["checked_by"]:
            yield f"checked_by: says nothing about {language!r}; an empty list means nobody"
    frameworks = [table["policy"], *table["frameworks"]]
    yield from _keys("framework", frameworks, _FRAMEWORK_KEYS)
    yield from _keys("concern", table["concerns"], _CONCERN_KEYS)
    known = {one.get("id") for one in frameworks}
    for concern in table["concerns"]:
        yield from _concern_faults(concern, known)


def _keys(what: str, entries: Sequence[Any], wanted: frozenset[str]) -> Iterator[str]:
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        name = f"{what} {entry.get('id', number)!r}"
        missing = wanted - set(entry)
        if missing:
            yield f"{name}: missing {', '.join(sorted(missing))}"
        if entry.get("id") in seen:
            yield f"{name}: stands twice; an id names one {what}"
        seen.add(entry.get("id"))


def _concern_faults(concern: Mapping[str, Any], known: set[object]) -> Iterator[str]:
    name = f"concern {concern.get('id')!r}"
    for key in ("title", "definition"):
        without = [one for one in LANGUAGES if not concern.get(key, {}).get(one)]
        if without and key in concern:
            yield f"{name}: {key} is missing in {', '.join(without)}"
    for framework in concern.get("crosswalk", {}):
        if framework not in known:
            yield f"{name}: crosswalk names the unknown framework {framework!r}"
