"""The wordings of requests, and which one a request gets."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from auroram.tokens.permutation import key_of

FILE = Path(__file__).parent / "templates.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """How one language asks for a translation."""

    into: Mapping[str, str]
    """Wanted language to how a request names it."""
    requests: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """How one language asks about a page of a manual."""

    task: str
    """A regular expression for titles that name something to do."""
    tasks: Sequence[str]
    things: Sequence[str]

    def requests(self, title: str) -> Sequence[str]:
        """The wordings that fit a title."""
        return self.tasks if re.search(self.task, title) else self.things


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """How to ask about a Python function."""

    describe: Sequence[str]
    write: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """All wordings, by the language of the request."""

    translation: Mapping[str, Translation]
    manual: Mapping[str, Manual]
    code: Code


@cache
def templates() -> Templates:
    """The wordings that come with the package."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Templates(
        translation={tag: Translation(**parts) for tag, parts in table["translation"].items()},
        manual={tag: Manual(**parts) for tag, parts in table["manual"].items()},
        code=Code(**table["code"]),
    )


def worded(wordings: Sequence[str], choice: str, **slots: str) -> str:
    """One of the wordings with its slots filled; equal choices get the same wording.

    >>> worded(["Translate: {text}"], "any", text="{into} stays as it is")
    'Translate: {into} stays as it is'
    """
    wording = wordings[key_of("wording", choice) % len(wordings)]
    return re.sub(r"\{(\w+)\}", lambda slot: slots[slot[1]], wording)
