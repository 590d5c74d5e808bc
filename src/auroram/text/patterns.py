"""Regular expressions of RE2, which take linear time whatever the text, with types."""

from collections.abc import Iterator
from functools import cache
from typing import Protocol

import re2


class Match(Protocol):
    """Where a pattern matched."""

    def span(self, group: int = 0) -> tuple[int, int]:
        """Its start and end; (-1, -1) for a group that took no part."""
        ...


class Pattern(Protocol):
    """A compiled pattern over bytes; places are in bytes."""

    def search(self, text: bytes, pos: int = 0) -> Match | None:
        """The first match from `pos` on."""
        ...

    def finditer(
        self, text: bytes | memoryview, pos: int = 0, endpos: int = ...
    ) -> Iterator[Match]:
        """All matches between two places, from the left, without overlaps."""
        ...


class PatternSet(Protocol):
    """Many patterns as one automaton."""

    def Match(self, text: bytes) -> list[int] | None:  # noqa: N802 - RE2's own name
        """Which of them match anywhere; None where none do."""
        ...


def pattern_of(source: str, options: re2.Options | None = None) -> Pattern:
    """The pattern compiled, over UTF-8."""
    compiled: Pattern = re2.compile(source.encode(), options)
    return compiled


@cache
def cached_pattern(source: str) -> Pattern:
    """The pattern compiled once a process."""
    return pattern_of(source)


def pattern_set(sources: list[str]) -> PatternSet:
    """All patterns compiled as one, numbered in their order."""
    patterns = re2.Set.SearchSet()
    for source in sources:
        patterns.Add(source.encode())
    patterns.Compile()
    compiled: PatternSet = patterns
    return compiled
