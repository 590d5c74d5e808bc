"""Who may do what at the desk."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from auroram.errors import DataError
from auroram.records.draft import Actor

Role = Literal["owner", "lead", "reviewer", "adjudicator", "auditor"]
Deed = Literal["review", "adjudicate", "watch", "audit"]
"""To review drafts; to end what reviews left open; to see progress and agreement; to read the
log with everyone's decisions."""

MAY: dict[Role, frozenset[Deed]] = {
    "owner": frozenset({"watch", "audit"}),
    "lead": frozenset({"adjudicate", "watch", "audit"}),
    "reviewer": frozenset({"review"}),
    "adjudicator": frozenset({"review", "adjudicate"}),
    "auditor": frozenset({"watch", "audit"}),
}
"""Who reads the log does not review, or a review would not be blind."""

LONGEST_NAME = 60
SHORTEST_PASSWORD = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person, or a piece of software, that works at the desk."""

    id: str
    """Random, and all that the log knows of who decided."""
    name: str
    kind: Actor
    """Set when the account is made and never changed: it is what the log records."""
    role: Role
    languages: tuple[str, ...] = ()
    """BCP 47 tags that the account reads; empty for all."""
    skills: tuple[str, ...] = ()
    """What it is trusted with, where drafts need a skill."""
    opt_outs: tuple[str, ...] = ()
    """Concerns that it does not wish to read."""
    daily_cap: int
    """Most decisions on one day, in UTC."""
    theme: str = "auto"
    active: bool = True

    def may(self, deed: Deed) -> bool:
        """Whether the account's role allows this."""
        return self.active and deed in MAY[self.role]

    def reads(self, language: str, skill: str) -> bool:
        """Whether drafts in this language that need this skill, or none, may come to it."""
        return language in (self.languages or (language,)) and skill in ("", *self.skills)


def name_key(name: str) -> str:
    """What two spellings of one name share, so that no two accounts look alike.

    Raises:
        DataError: where the name is empty, too long, or holds what cannot be seen.
    """
    key = unicodedata.normalize("NFKC", name).casefold().strip()
    if not key or len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise DataError(
            f"account {name!r}: a name has 1 to {LONGEST_NAME} visible characters and neither "
            "begins nor ends with a space; choose another"
        )
    return key


def check_password(password: str) -> None:
    """Refuse a password that is too short.

    Raises:
        DataError: saying how long it must be.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise DataError(
            f"a password has at least {SHORTEST_PASSWORD} characters ({len(password)} given); "
            "choose a longer one"
        )
