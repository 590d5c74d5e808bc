"""Prompts that others have published: their rows, their concerns, and what is left out, and why."""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auroram.errors import DataError, first_line
from auroram.records.canonical import digest
from auroram.records.concerns import Taxonomy
from auroram.records.files import sha256_of
from auroram.redteam.language import Split
from auroram.redteam.operational import operational_signs
from auroram.redteam.relevance import relevance_in
from auroram.redteam.request import Dropped, Origin, Request
from auroram.redteam.settings import LocalFile, PromptSet
from auroram.tokens.permutation import key_of

LONGEST = 600
"""Characters of a prompt: a longer one is a document, or carries its own details."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a prompt set."""

    requests: tuple[Request, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prompt:
    """One row's prompt."""

    id: str
    text: str
    among: tuple[str, ...]
    """Concerns that its categories map into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSet:
    """A prompt set, where its file lies and what its categories mean."""

    name: str
    """In the recipe."""
    settings: PromptSet
    file: Path
    taxonomy: Taxonomy

    def imported(self, *, key: int, test_share: float) -> Imported:
        """The requests of the set, in a keyed order.

        Args:
            key: decides which are taken and which are for tests.
            test_share: share for tests, where the set is not held out.

        Raises:
            DataError: where the file is no such set, or lacks a column.
        """
        prompts, dropped = self._prompts()
        ranked = sorted(prompts, key=lambda one: key_of(key, self.name, one.id))
        texts, among = [one.text for one in ranked], [one.among for one in ranked]
        concerns = relevance_in(self.settings.language).concerns(texts, among)
        origin = _origin(self.settings, self.file)
        taken: list[Request] = []
        for prompt, concern in zip(ranked, concerns, strict=True):
            tested = self.settings.held_out or key_of(key, "split", prompt.id) < test_share * 2**64
            if not concern:
                dropped.append(self._drop(prompt, "no concern in its words"))
            elif len(taken) == self.settings.most:
                dropped.append(self._drop(prompt, "beyond the most that are taken"))
            else:
                taken.append(self._request(prompt, concern, origin, "test" if tested else "train"))
        return Imported(requests=tuple(taken), dropped=tuple(dropped))

    def _prompts(self) -> tuple[list[_Prompt], list[Dropped]]:
        """The prompts that can be taken, and the others."""
        prompts: dict[str, _Prompt] = {}
        dropped: list[Dropped] = []
        for number, row in enumerate(_rows(self.file), 1):
            place = f"{self.file.name}: row {number}"
            prompt = _prompt(row, self.settings, self.taxonomy, place)
            reason = _reason(row, self.settings, prompt.text)
            if reason or prompt.id in prompts:
                dropped.append(self._drop(prompt, reason or "the same text again"))
            else:
                prompts[prompt.id] = prompt
        return list(prompts.values()), dropped

    def _request(self, prompt: _Prompt, concern: str, origin: Origin, split: Split) -> Request:
        return Request(
            language=self.settings.language,
            kind="harmful",
            concern=concern,
            text=prompt.text,
            template=f"{self.name}:{prompt.id}",
            split=split,
            origin=origin,
        )

    def _drop(self, prompt: _Prompt, reason: str) -> Dropped:
        return Dropped(
            language=self.settings.language, template=f"{self.name}:{prompt.id}", reason=reason
        )


def first_human_turn(dialogue: object) -> str:
    r"""What the human says first; "" where nobody does.

    Args:
        dialogue: a text with `Human:` and `Assistant:` before the turns, as in Anthropic's HH
            data, or a list of objects with `role` or `from`, and `content` or `value`.

    >>> first_human_turn("\n\nHuman: May I?\n\nAssistant: No.\n\nHuman: Why?")
    'May I?'
    """
    if isinstance(dialogue, str):
        _, found, after = f"\n\n{dialogue.strip()}".partition("\n\nHuman:")
        return after.partition("\n\nAssistant:")[0].strip() if found else ""
    for turn in dialogue if isinstance(dialogue, list) else []:
        if isinstance(turn, dict) and turn.get("role", turn.get("from")) in ("user", "human"):
            return str(turn.get("content", turn.get("value", ""))).strip()
    return ""


def _prompt(row: Row, settings: PromptSet, taxonomy: Taxonomy, place: str) -> _Prompt:
    wanted = [settings.text, *filter(None, (settings.id, settings.category)), *settings.only]
    for column in wanted:
        if column not in row:
            raise DataError(
                f"{place}: has no column {column!r} (it has {', '.join(map(repr, row))}); correct "
                "the names of the columns in the recipe"
            )
    value = row[settings.text]
    text = first_human_turn(value) if settings.style == "dialogues" else str(value or "")
    return _Prompt(
        id=str(row[settings.id]) if settings.id else digest(text)[:16],
        text=text.strip(),
        among=_among(row, settings, taxonomy),
    )


def _reason(row: Row, settings: PromptSet, text: str) -> str:
    if any(row[column] != value for column, value in settings.only.items()):
        return "not of the kind that is asked for"
    if not text:
        return "no human turn" if settings.style == "dialogues" else "empty"
    if len(text) > LONGEST:
        return f"longer than {LONGEST} characters"
    signs = operational_signs(text)
    return f"operational detail ({', '.join(signs)})" if signs else ""


def _among(row: Row, settings: PromptSet, taxonomy: Taxonomy) -> tuple[str, ...]:
    if not settings.category:
        return ()
    value = row[settings.category]
    categories = value if isinstance(value, list) else [value]
    found = [one for each in categories for one in taxonomy.mapped(settings.categories, str(each))]
    return tuple(dict.fromkeys(found))


def _origin(settings: PromptSet, file: Path) -> Origin:
    place = settings.place
    if isinstance(place, LocalFile):
        source = place.file
    else:
        source = f"{place.package} {place.version}: {place.member}"
    return Origin(
        source=source,
        licence=settings.licence,
        published=settings.published,
        sha256=sha256_of(file),
    )


def _rows(file: Path) -> Iterator[Row]:
    """The rows of a prompt set, by the ending of its name."""
    try:
        if file.name.endswith(".csv"):
            with file.open(encoding="utf-8-sig", newline="") as lines:
                yield from csv.DictReader(lines, strict=True)
        elif file.name.endswith((".jsonl", ".jsonl.gz")):
            yield from _json_lines(file)
        elif file.suffix in (".prompt", ".yaml", ".yml"):
            yield from _seeds(file)
        else:
            raise DataError(
                f"{file.name}: not a prompt set; it must end in .csv, .jsonl, .jsonl.gz or .prompt"
            )
    except (OSError, ValueError, csv.Error, yaml.YAMLError) as error:
        raise DataError(
            f"{file.name}: cannot be read ({first_line(error)}); check the file"
        ) from None


def _json_lines(file: Path) -> Iterator[Row]:
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            row = json.loads(line)
            if not isinstance(row, dict):
                raise DataError(f"{file.name}: line {number} is no JSON object")
            yield row


def _seeds(file: Path) -> Sequence[Row]:
    table = yaml.safe_load(file.read_text(encoding="utf-8"))
    seeds = table.get("seeds") if isinstance(table, dict) else None
    if not isinstance(seeds, list) or not all(isinstance(seed, dict) for seed in seeds):
        raise DataError(f"{file.name}: has no list of seeds; it is not a prompt set of PyRIT")
    return seeds
