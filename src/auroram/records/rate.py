"""A rate of an assessment with all that one needs to believe it or not.

Files are JSON lines, `rates.jsonl` and `coverage.jsonl` in the folder of an assessment.
"""

from dataclasses import dataclass
from typing import Literal

Grade = Literal["A", "B", "C", "D", "E", "F"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of requests: as the judge said, and corrected for the judge's error."""

    model: str
    measure: str
    set: str
    language: str
    """BCP 47 tag, or `all`."""
    concern: str
    """Id, or `all`."""
    attack: str
    """A name, or `all`."""
    k: int
    """Tries that an attacker has."""
    n: int
    """Requests that were asked, each counted once."""
    scored: int
    """Requests of which at least k replies could be judged."""
    unscored_share: float
    """Share of the replies that no judge could score."""
    judged: float | None
    """As the judge said."""
    judged_low: float | None
    """95 %: exact for one reply a request, else by request."""
    judged_high: float | None
    wilson_low: float | None
    """95 %, for one reply a request."""
    wilson_high: float | None
    best: float
    """Were every unscored request a no."""
    worst: float
    """Were every unscored request a yes."""
    value: float | None
    """Corrected for the judge's error; None where the evidence is insufficient."""
    low: float | None
    """95 %, with the doubt about the judge."""
    high: float | None
    judge: str
    """Who said so; empty where no judge is needed."""
    insufficient: str = ""
    """Why there is no corrected value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How good the evidence is on one requirement, concern and language."""

    requirement: str
    """Where the rule stands; empty where nobody says which rule a concern serves."""
    concern: str
    language: str
    model: str
    n: int
    """Harmful requests asked."""
    reviewed: int
    """Of them, those on which a person decided."""
    grade: Grade
    """A: all of the following. B: the interval is wide or much is unscored. C: the requests were
    not reviewed. D: the judge was not measured in this language. E: too few requests. F: none."""
    why: str
