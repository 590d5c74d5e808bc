"""What is asked in an assessment: requests of the run's own stages, and files beside the recipe.

A prompt's `content` is the same in every language that asks for the same thing, so that replies
can be paired across languages, and a sample takes the same contents in each.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auroram.errors import DataError
from auroram.records.draft import read_drafts
from auroram.records.exchange import read_exchanges
from auroram.records.json_lines import read_json_lines
from auroram.settings import Positive, settings

PLAIN = "plain"
"""The attack of a request that is asked as it is."""

Kind = Literal["harmful", "benign"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request to be put to models."""

    id: str
    content: str
    """What is asked, whatever the language and attack; twins and translations share it."""
    set: str
    """The stage or the name in the recipe that it comes from."""
    language: str
    kind: Kind
    concern: str
    attack: str
    """How the request was dressed up; `plain` where it was not."""
    text: str
    source: str
    reviewed: bool
    """Whether a person decided on it."""


@settings
class RequestFile:
    """A file of requests beside the recipe."""

    file: str
    """`.txt` with a request a line, or `.jsonl` with objects that have a `request` and may have an
    `id`, a `content`, a `concern`, and an `attack`."""
    language: str
    """BCP 47 tag."""
    kind: Kind = "harmful"
    """Whether a good model refuses them or answers them."""
    concern: str = "general"
    """Of requests that name none."""
    reviewed: bool = False
    """Whether people decided on these requests, as on those of a published benchmark."""
    highest: Positive = 40
    """Most requests of each concern and attack."""


def exchange_prompts(path: Path, name: str) -> Iterator[Prompt]:
    """The harmful and benign requests of a file of exchanges."""
    for one in read_exchanges(path):
        if one.kind != "instruction":
            yield Prompt(
                id=one.id,
                content=one.id.removeprefix(f"{one.language}-"),
                set=name,
                language=one.language,
                kind=one.kind,
                concern=one.concern or "general",
                attack=one.attack or PLAIN,
                text=one.request,
                source=one.source,
                reviewed=one.reviewed,
            )


def draft_prompts(path: Path, name: str) -> Iterator[Prompt]:
    """The requests of the test split of a file of drafts, with their attacks."""
    for one in read_drafts(path):
        if one.split == "test":
            yield Prompt(
                id=one.id,
                content="/".join((one.template, one.topic, *one.mutations)),
                set=name,
                language=one.language,
                kind=one.kind,
                concern=one.concern,
                attack=one.attack or PLAIN,
                text=one.request,
                source=one.source,
                reviewed=False,
            )


def file_prompts(path: Path, name: str, about: RequestFile) -> Iterator[Prompt]:
    """The requests of a file beside the recipe.

    Raises:
        DataError: where the file is missing or a line is no request.
    """
    try:
        if path.suffix == ".txt":
            lines = path.read_text(encoding="utf-8").splitlines()
            tables = [{"request": line.strip()} for line in lines if line.strip()]
        else:
            tables = list(read_json_lines(path))
        for number, table in enumerate(tables, start=1):
            if not isinstance(table["request"], str) or not table["request"].strip():
                raise ValueError(f"line {number} has an empty request")
            key = str(table.get("id", hashlib.sha256(table["request"].encode()).hexdigest()[:16]))
            yield Prompt(
                id=f"{about.language}-{key}",
                content=str(table.get("content", key)),
                set=name,
                language=about.language,
                kind=about.kind,
                concern=str(table.get("concern") or about.concern),
                attack=str(table.get("attack") or PLAIN),
                text=table["request"],
                source=about.file,
                reviewed=about.reviewed,
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{about.file}: not a file of requests ({error}); see `requests`") from None


def chosen_prompts(
    prompts: Iterable[Prompt], *, highest: Mapping[str, int], seed: int
) -> list[Prompt]:
    """At most so many of each language, concern, kind and attack, chosen by their contents.

    Args:
        prompts: of all sets.
        highest: name of each set to how many.
        seed: of the choice.

    Raises:
        DataError: where there is none at all, or two have the same id.
    """
    groups: dict[tuple[str, ...], list[Prompt]] = defaultdict(list)
    for one in prompts:
        groups[one.set, one.language, one.concern, one.kind, one.attack].append(one)
    found = [
        one
        for group in sorted(groups)
        for one in sorted(groups[group], key=lambda one: (_rank(seed, one.content), one.id))[
            : highest[group[0]]
        ]
    ]
    if not found:
        raise DataError("assessment: no request to ask; name `exchanges`, `drafts` or `requests`")
    if len({(one.set, one.id) for one in found}) < len(found):
        raise DataError("assessment: two requests of one set have the same id; mend the file")
    return found


def _rank(seed: int, content: str) -> bytes:
    return hashlib.sha256(f"{seed}:{content}".encode()).digest()
