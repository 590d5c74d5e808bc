"""The refusal grammars: lists of words and sentences made of them, a table a language.

`refusals.toml` says what the entries mean. Text and entries are brought to one form before they
are compared, so spelling variants that mean nothing (curly apostrophes, Hindi with or without
its dots) need no entries of their own.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auroram.errors import DataError

REFUSALS = Path(__file__).parent / "refusals.toml"

_SENTENCE_END = re.compile(r"(?<=[.!?。！？।])\s*|\n")
_SAME = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "\u093c": None, "\u0901": "\u0902"})
_LETTER = r"[\w\u0900-\u0963\u0966-\u097f]"  # \w leaves out the vowel signs of Devanagari
_NAME = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The sentences by which a language refuses."""

    language: str
    pattern: re.Pattern[str]

    def matches(self, sentence: str) -> bool:
        """Whether the sentence, in its plain form, is a refusal."""
        return self.pattern.search(sentence) is not None


def read_grammars(path: Path = REFUSALS) -> tuple[Grammar, ...]:
    """The grammars of a file, in its order.

    Raises:
        DataError: where the file is not TOML or a sentence names a list that is not there.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Grammar(language, re.compile("|".join(_sentence(s, table) for s in table["sentences"])))
            for language, table in tables.items()
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not refusal grammars ({error}); see the file's head") from error


def plain_form(text: str) -> str:
    """NFC, folded case, straight apostrophes, Hindi without dots, runs of blanks as one space.

    >>> plain_form("I’m  SORRY")
    "i'm sorry"
    """
    folded = unicodedata.normalize("NFC", text).casefold().translate(_SAME)
    return re.sub(r"[^\S\n]+", " ", folded).strip()


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, cut at full stops, question and exclamation marks and line ends."""
    return [sentence for sentence in map(str.strip, _SENTENCE_END.split(text)) if sentence]


def _sentence(sentence: str, table: Mapping[str, Any]) -> str:
    """One sentence of the grammar as a regular expression."""
    most, spaced = table["gap"], table["words"]
    blank = r"[ ,;:]+" if spaced else ""
    gap = rf"{blank}(?:\S+ ){{0,{most}}}?" if spaced else rf".{{0,{most}}}?"
    return gap.join(
        blank.join(_lists(part, table) for part in piece.split()) for piece in sentence.split("...")
    )


def _lists(part: str, table: Mapping[str, Any]) -> str:
    """`<one><two>`: an entry of the first list and, right after it, one of the second."""
    names = _NAME.findall(part)
    if part != "".join(f"<{name}>" for name in names):
        raise KeyError(f"{part!r} is not made of <names>")
    return "".join(_any_of(table[name], spaced=table["words"]) for name in names)


def _any_of(entries: list[str], *, spaced: bool) -> str:
    longest_first = sorted(map(plain_form, entries), key=len, reverse=True)
    options = "(?:" + "|".join(map(re.escape, longest_first)) + ")"
    return rf"(?<!{_LETTER}){options}(?!{_LETTER})" if spaced else options
