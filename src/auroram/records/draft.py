"""A request and its drafted answer, as the red-team stage hands them to review.

Files are JSON lines, `drafts.jsonl` in the folder of the stage that made them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auroram.records.json_lines import read_json_lines, write_json_lines

Actor = Literal["person", "software"]
"""Who did or decided something. A decision by software is never recorded as a person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request with an answer that nobody has decided on yet."""

    id: str
    """Digest of the request, its language and what it was made from."""
    language: str
    """BCP 47 tag of request and answer."""
    kind: Literal["harmful", "benign"]
    concern: str
    """Id of the concern that the request, or its benign look-alike, belongs to."""
    request: str
    answer: str
    template: str
    """A template, or an imported prompt's id: what the request was made from. Splits share none."""
    topic: str = ""
    twin: str = ""
    """Id of the harmful request that a benign one looks like; empty where there is none."""
    cluster: str = ""
    """Near-duplicate requests share it; splits share none."""
    mutations: tuple[str, ...] = ()
    """What was done to the request's text, in order."""
    split: Literal["train", "test"]
    source: str
    """Where the request is from: a package and file, or the project's own templates."""
    licence: str
    source_date: str
    """ISO date on which the source was published; compared with the requirement it serves."""
    source_sha256: str
    older_than_requirement: bool = False
    """Whether the source is older than the requirement that the request serves."""
    drafted_by: str
    """`template`, `model <name>` or `endpoint <name>`: what wrote the answer."""
    checks: tuple[str, ...] = ()
    """What the checker found wrong with the answer; empty where nothing."""

    @property
    def attack(self) -> str:
        """How the request was dressed up, its mutations joined by `+`; empty where it was not."""
        return "+".join(self.mutations)


def write_drafts(path: Path, drafts: Iterable[Draft]) -> None:
    """Write the drafts as JSON lines, atomically."""
    write_json_lines(path, drafts)


def read_drafts(path: Path) -> Iterator[Draft]:
    """The drafts of a file that `write_drafts` made, in order."""
    for record in read_json_lines(path):
        values = {**record, "mutations": tuple(record["mutations"])}
        yield Draft(**{**values, "checks": tuple(record["checks"])})
