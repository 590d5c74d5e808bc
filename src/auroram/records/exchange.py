"""One request and its answer: what instruction and safety data is made of.

Files are JSON lines, `exchanges/{train,test}.jsonl` in the folder of the stage that made them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auroram.records.json_lines import read_json_lines, write_json_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request, the answer to learn, and where both come from."""

    id: str
    domain: str
    """The mixture's domain: `instructions`, `safety`, ..."""
    language: str
    """BCP 47 tag of the answer."""
    request: str
    answer: str
    kind: Literal["instruction", "harmful", "benign"]
    concern: str = ""
    """Id of the concern that a harmful request or its benign look-alike belongs to."""
    template: str = ""
    """What the request was made from; splits never share one."""
    attack: str = ""
    """How the request was dressed up, its mutations joined by `+`; empty where it was not."""
    source: str
    licence: str
    reviewed: bool
    """True where a person decided on this exchange. Instructions made from published text count."""


def write_exchanges(path: Path, exchanges: Iterable[Exchange]) -> None:
    """Write the exchanges as JSON lines, atomically."""
    write_json_lines(path, exchanges)


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file that `write_exchanges` made, in order."""
    for record in read_json_lines(path):
        yield Exchange(**record)
