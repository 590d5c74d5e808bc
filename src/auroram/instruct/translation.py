"""Translation requests from aligned sentences, both ways."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from auroram.errors import DataError
from auroram.instruct.candidate import Candidate, page_of
from auroram.instruct.templates import templates, worded
from auroram.settings import settings
from auroram.tokens.permutation import key_of


@settings
class Pairs:
    """A file of aligned sentences: JSON lines with `id` and a text for each language."""

    file: str
    """Relative to the recipe; `.gz` is unpacked."""
    languages: tuple[str, str]
    """BCP 47 tags of the two languages, which are the names of the text fields too."""
    licence: str
    """SPDX name."""

    def __post_init__(self) -> None:
        known = templates().translation
        unknown = [tag for tag in self.languages if tag not in known]
        if unknown:
            raise ValueError(
                f"languages has {', '.join(unknown)}, for which there are no request wordings "
                f"(there are for {', '.join(sorted(known))})"
            )


def translations(pairs: Pairs, path: Path, *, source: str) -> Iterator[Candidate]:
    """Every pair as a request in each direction, worded in either of its languages.

    Raises:
        DataError: where the file cannot be read or a line is not a pair.
    """
    for pair in _pairs(pairs, path):
        for origin, target in (pairs.languages, pairs.languages[::-1]):
            text, answer = pair[origin].strip(), pair[target].strip()
            choice = f"{origin} {target} {text}"
            asking = templates().translation[(origin, target)[key_of(choice) % 2]]
            yield Candidate(
                group=f"translation {origin}-{target}",
                page=page_of(pair["id"]),
                request=worded(asking.requests, choice, text=text, into=asking.into[target]),
                answer=answer if answer != text else "",
                language=target,
                source=source,
                licence=pairs.licence,
            )


def _pairs(pairs: Pairs, path: Path) -> Iterator[dict[str, str]]:
    number = 0
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007 -- the error names it
                pair = json.loads(line)
                yield {name: _text(pair, name) for name in ("id", *pairs.languages)}
    except FileNotFoundError:
        raise DataError(f"{path}: not found; correct the path in the recipe") from None
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path}: cut off or damaged after line {number} ({error})") from None
    except ValueError as error:
        raise DataError(f"{path}, line {number}: not a pair of sentences ({error})") from None


def _text(pair: object, name: str) -> str:
    value = pair.get(name) if isinstance(pair, dict) else None
    if not isinstance(value, str):
        raise ValueError(f"no text in {name!r}")
    return value
