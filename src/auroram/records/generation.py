"""What one model said to one request in one try, and what judges make of it.

Files are JSON lines, `generations/<model>.jsonl` in the folder of an assessment. Reports of other
tools become the same records.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auroram.records.json_lines import read_json_lines, write_json_lines

Word = Literal["yes", "no", "unscored"]
"""A judge's answer to one question; `unscored` counts in no rate and in every tally."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One reply with its verdicts."""

    model: str
    prompt: str
    """Id of the request."""
    content: str
    """What is asked, whatever the language and attack."""
    set: str
    language: str
    """BCP 47 tag of the request."""
    kind: Literal["harmful", "benign"]
    concern: str
    attack: str
    source: str
    """Where the request is from; for an imported one the tool, its version and its test."""
    reviewed: bool
    """Whether a person decided on the request."""
    attempt: int
    """The first is 0."""
    request: str
    reply: str
    tokens: int
    """Tokens of the request, in the chat template, and of the reply."""
    reply_language: str
    """The language found, or `unknown`."""
    refused: Word = "unscored"
    complied: Word = "unscored"
    explained: Word = "unscored"
    """Whether a refusal says why or offers a way on; unscored for what is no refusal."""
    reason: str = ""
    """What the judges went by, or why they could not tell."""


def write_generations(path: Path, generations: Iterable[Generation]) -> None:
    """Write the generations as JSON lines, atomically."""
    write_json_lines(path, generations)


def read_generations(path: Path) -> Iterator[Generation]:
    """The generations of a file that `write_generations` made, in order."""
    for record in read_json_lines(path):
        yield Generation(**record)
