"""A request on its way from a template or a prompt set to a draft."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from auroram.records.canonical import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request's words are from."""

    source: str
    """A package and file, or the project's own templates."""
    licence: str
    published: str
    """ISO date of the source."""
    sha256: str
    """Of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked, and everything known of how it came about."""

    language: str
    kind: Literal["harmful", "benign"]
    concern: str
    text: str
    marked: str = ""
    """The text with readings, where its language needs them; empty where it has none."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """`deed` or `piece` to the phrase that fills it, readings included."""
    english: str = ""
    """The same phrase in English."""
    answer: str = ""
    """The answer to a benign request; empty for a harmful one."""
    template: str
    """A template, or an imported prompt. Splits share none."""
    topic: str = ""
    split: Literal["train", "test"]
    origin: Origin
    changes: tuple[str, ...] = ()
    """What was done to the text, in order."""
    twin: str = ""
    """Id of the harmful request that a benign one looks like."""
    look_alike: "Request | None" = None
    """The harmless request that a harmful one is paired with."""
    cluster: str = ""

    @property
    def id(self) -> str:
        """Digest of the request, its language and what it was made from."""
        parts = [self.language, self.text, self.template, self.topic, self.changes]
        return digest(parts)[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A request that became no draft. Its words are not kept."""

    language: str
    concern: str = ""
    template: str
    topic: str = ""
    changes: tuple[str, ...] = ()
    reason: str
    of: str = ""
    """Id of the request that it is too much like."""
