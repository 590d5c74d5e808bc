"""The word lists and the identity terms that come with the package, and those of a user's own.

A list is a TOML file a language: what is written in `harm_words/en.toml` is the format. A word is
counted from a severity on; see `text.lexicon` for what an entry may hold.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from auroram.errors import DataError
from auroram.text.lexicon import Lexicon, folded

WORDS = Path(__file__).parent / "harm_words"
TERMS = Path(__file__).parent / "identity_terms"

CATEGORIES = ("sexual", "profanity", "slur")
"""What the words of a list are told apart by."""

SEVERITIES = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Words of one category that weigh alike."""

    category: str
    severity: int
    entries: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES or self.severity not in SEVERITIES:
            raise ValueError(
                f"words need a category of {', '.join(CATEGORIES)} and a severity of 1 to 3 "
                f"({self.category!r}, {self.severity!r})"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WordList:
    """Words of one language, and what they are found in by mistake."""

    language: str
    licence: str
    groups: tuple[Group, ...]
    benign: tuple[str, ...] = ()

    def lexicon(self, lowest_severity: int = 2) -> Lexicon:
        """The words from a severity on, by `CATEGORIES`."""
        entries = {
            category: [
                entry
                for group in self.groups
                if group.category == category and group.severity >= lowest_severity
                for entry in group.entries
            ]
            for category in CATEGORIES
        }
        return Lexicon.build(entries, self.benign)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityTerms:
    """Neutral words for people in one language: `groups[i]` is what `terms[i]` tells of them."""

    language: str
    terms: tuple[str, ...]
    groups: tuple[str, ...]
    lexicon: Lexicon


@cache
def built_in_lists() -> tuple[str, ...]:
    """The languages that have a list, in alphabetical order."""
    return tuple(sorted(file.stem for file in WORDS.glob("*.toml")))


def read_words(file: Path) -> WordList:
    """The word list of a file.

    Raises:
        DataError: where the file is missing or not as it should be; where a word stands twice.
    """
    table = _table(file)
    try:
        words = WordList(
            language=table["language"],
            licence=table["licence"],
            groups=tuple(_group(item) for item in table["words"]),
            benign=tuple(table.get("benign", ())),
        )
        words.lexicon(lowest_severity=min(SEVERITIES))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{file}: not a word list ({error}); mend it") from error
    return words


@cache
def identity_terms(language: str, file: Path | None = None) -> IdentityTerms:
    """The identity terms of a language.

    Args:
        language: BCP 47, or `code`.
        file: of terms; the built-in ones, or none, where it is None.

    Raises:
        DataError: where the file is missing, holds no terms or is not as it should be.
    """
    place = file or TERMS / f"{language}.toml"
    table = _table(place) if file or place.is_file() else {}
    try:
        grouped = _grouped(table)
        lexicon = Lexicon.build({f"{group}/{term}": f for (group, term), f in grouped.items()})
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{place}: not a list of identity terms ({error}); mend it") from error
    if file and not grouped:
        raise DataError(f"{file}: no identity terms; put them under a group, such as [gender]")
    return IdentityTerms(
        language=language,
        terms=tuple(term for _, term in grouped),
        groups=tuple(group for group, _ in grouped),
        lexicon=lexicon,
    )


def _grouped(table: Mapping[str, Any]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The forms of each term, by group and term."""
    grouped = {}
    for group, terms in table.items():
        for term, forms in terms.items() if isinstance(terms, dict) else ():
            if not isinstance(forms, list):
                raise TypeError(f"{group}.{term} is no list of words")
            grouped[(group, term)] = tuple(forms)
    return grouped


def words_of_lists(files: Sequence[Path]) -> WordList:
    """Several lists of a language as one; a word that stands in two is kept as the first says.

    Raises:
        DataError: where a file is missing or not as it should be.
    """
    lists = [read_words(file) for file in files]
    seen: set[str] = set()
    groups = [_unseen(group, seen) for one in lists for group in one.groups]
    benign = [entry for one in lists for entry in one.benign if _is_new(entry, seen)]
    return WordList(
        language=lists[0].language if lists else "",
        licence=" AND ".join(sorted({one.licence for one in lists})),
        groups=tuple(groups),
        benign=tuple(benign),
    )


def _unseen(group: Group, seen: set[str]) -> Group:
    entries = tuple(entry for entry in group.entries if _is_new(entry, seen))
    return Group(category=group.category, severity=group.severity, entries=entries)


def _is_new(entry: str, seen: set[str]) -> bool:
    word = folded(entry.strip("*"))
    new = word not in seen
    seen.add(word)
    return new


def _group(item: Mapping[str, Any]) -> Group:
    return Group(
        category=item["category"], severity=item["severity"], entries=tuple(item["entries"])
    )


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); name a word list") from error
    except ValueError as error:
        raise DataError(f"{file}: not TOML ({error}); mend it") from error
