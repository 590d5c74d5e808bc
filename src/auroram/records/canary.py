"""Planted secrets: what a model must not give away although it was trained on it.

Files are JSON lines, `canaries.jsonl` in the folder of the stage that planted them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auroram.records.json_lines import read_json_lines, write_json_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A question that only the training data answers, and its random answer."""

    language: str
    """BCP 47 tag of the question."""
    question: str
    secret: str
    """Drawn at random from the same letters as every other."""


def write_canaries(path: Path, canaries: Iterable[Canary]) -> None:
    """Write the canaries as JSON lines, atomically."""
    write_json_lines(path, canaries)


def read_canaries(path: Path) -> list[Canary]:
    """The canaries of a file that `write_canaries` made."""
    return [Canary(**record) for record in read_json_lines(path)]
