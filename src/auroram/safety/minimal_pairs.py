"""The minimal pairs that come with the package: frames and pairs of words by language."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "minimal_pairs.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimalPair:
    """Two sentences that differ in one word."""

    language: str
    frame: str
    """The sentence without the word: pairs of one frame are not independent."""
    stereotype: str
    contrary: str


def paired_languages() -> list[str]:
    """The languages that have pairs, in the order of the file."""
    return list(_tables())


def minimal_pairs(languages: Sequence[str]) -> list[MinimalPair]:
    """Every frame of each language, which must have some, with every pair of its words."""
    tables = _tables()
    return [
        MinimalPair(
            language=language,
            frame=frame,
            stereotype=frame.format(words[side]),
            contrary=frame.format(words[1 - side]),
        )
        for language in languages
        for side, name in enumerate(("one", "other"))
        for frame in tables[language][name]
        for words in tables[language]["gender"]
    ]


@cache
def _tables() -> Mapping[str, Mapping[str, list[str]]]:
    tables = tomllib.loads(FILE.read_text("utf-8"))
    return {name: table for name, table in tables.items() if isinstance(table, dict)}
