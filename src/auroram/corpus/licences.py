"""Which licences a recipe lets in: SPDX expressions against lists of them.

Of `A OR B` the better branch counts, of `A AND B` the worse. `A WITH B` grants more than `A`, so
it is judged like `A` where the lists do not name it. An address or a common spelling stands for
the licence that it means. What SPDX does not know then is unknown, which is neither. Source: SPDX
specification 3.0, annex B, licence expressions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from boolean.boolean import ParseError
from license_expression import (
    AND,
    ExpressionError,
    ExpressionParseError,
    LicenseWithExceptionSymbol,
)

from auroram.corpus.licence_names import is_known, licensing, spdx_expression

_STATED_UNKNOWN = ("", "NOASSERTION", "NONE")
_NO_EXPRESSION = (ExpressionError, ExpressionParseError, ParseError)


class Standing(IntEnum):
    """How a licence stands to the lists, from bad to good."""

    REFUSED = 0
    UNKNOWN = 1
    PERMITTED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceLists:
    """What is let in and what is kept out."""

    allow: tuple[str, ...]
    """Licences that are let in; every known one where there is none."""
    deny: tuple[str, ...]
    """Licences that are kept out, allowed or not."""

    def standing(self, expression: str) -> Standing:
        """How an SPDX expression stands, or words for one; unknown where it is neither.

        >>> LicenceLists(allow=(), deny=("CC-BY-NC-*",)).standing("MIT OR CC-BY-NC-4.0").name
        'PERMITTED'
        """
        if expression.strip() in _STATED_UNKNOWN:
            return Standing.UNKNOWN
        try:
            parsed = licensing().parse(expression)
        except _NO_EXPRESSION:
            return self._in_words(expression)
        return self._of(parsed)

    def _in_words(self, stated: str) -> Standing:
        meant = spdx_expression(stated)
        return self._of(licensing().parse(meant)) if meant else Standing.UNKNOWN

    def _of(self, parsed: Any) -> Standing:  # noqa: ANN401 -- the library's tree is untyped
        parts = getattr(parsed, "args", ())
        if parts:
            standings = [self._of(part) for part in parts]
            return min(standings) if isinstance(parsed, AND) else max(standings)
        if isinstance(parsed, LicenseWithExceptionSymbol):
            own = self._named(parsed.render())
            return self._of(parsed.license_symbol) if own is None else own
        if not is_known(parsed.key):
            return self._in_words(parsed.key)
        own = self._named(parsed.key)
        if own is not None:
            return own
        return Standing.REFUSED if self.allow else Standing.PERMITTED

    def _named(self, key: str) -> Standing | None:
        """How a licence stands that a list names; None where none does."""
        if _stands_in(key, self.deny):
            return Standing.REFUSED
        return Standing.PERMITTED if _stands_in(key, self.allow) else None


def check_lists(**lists: Sequence[str]) -> None:
    """Refuse names that can stand for no licence.

    Raises:
        ValueError: naming the list and the entry.
    """
    for name, entries in lists.items():
        for entry in entries:
            if not _is_licence(entry):
                raise ValueError(
                    f"{name} names {entry!r}, which is no SPDX licence; write one id, an id WITH "
                    "an exception, LicenseRef-..., or a family such as CC-BY-*"
                )


def _is_licence(entry: str) -> bool:
    """Whether an entry of a list is one licence that is known, or a family."""
    if "*" in entry:
        return True
    try:
        parsed = licensing().parse(entry)
    except _NO_EXPRESSION:
        return False
    if parsed is None or parsed.args:
        return False
    return all(is_known(symbol.key) for symbol in parsed.decompose())


def _stands_in(key: str, entries: Sequence[str]) -> bool:
    return any(_matches(key, entry) for entry in entries)


def _matches(key: str, entry: str) -> bool:
    if "*" in entry:
        # A family is one of licences: with an exception it is named by its licence.
        return " WITH " not in key and fnmatchcase(key.lower(), entry.lower())
    return key.lower() == _spelt(entry).lower()


@cache
def _spelt(entry: str) -> str:
    """The name that SPDX uses today: `GPL-2.0-only` for `GPL-2.0`."""
    return str(licensing().parse(entry).render())
