"""Which licences a recipe lets in: SPDX expressions against lists of them.

Of `A OR B` the better branch counts, of `A AND B` the worse. `A WITH B` grants more than `A`, so
it is judged like `A` where the lists do not name it. What SPDX does not know is unknown, which is
neither. Source: SPDX specification 3.0, annex B, licence expressions.
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
    Licensing,
    get_spdx_licensing,
)

_STATED_UNKNOWN = ("", "NOASSERTION", "NONE")
_NO_EXPRESSION = (ExpressionError, ExpressionParseError, ParseError)
_OWN_NAMES = ("licenseref-", "documentref-")


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
        """How an SPDX expression stands; unknown where it is none.

        >>> LicenceLists(allow=(), deny=("CC-BY-NC-*",)).standing("MIT OR CC-BY-NC-4.0").name
        'PERMITTED'
        """
        if expression.strip() in _STATED_UNKNOWN:
            return Standing.UNKNOWN
        try:
            parsed = _licensing().parse(expression)
        except _NO_EXPRESSION:
            return Standing.UNKNOWN
        return self._of(parsed)

    def _of(self, parsed: Any) -> Standing:  # noqa: ANN401 -- the library's tree is untyped
        parts = getattr(parsed, "args", ())
        if parts:
            standings = [self._of(part) for part in parts]
            return min(standings) if isinstance(parsed, AND) else max(standings)
        if isinstance(parsed, LicenseWithExceptionSymbol):
            own = self._named(parsed.render())
            return self._of(parsed.license_symbol) if own is None else own
        own = self._named(parsed.key)
        if own is not None:
            return own
        if not is_known(parsed.key):
            return Standing.UNKNOWN
        return Standing.REFUSED if self.allow else Standing.PERMITTED

    def _named(self, key: str) -> Standing | None:
        """How a licence stands that a list names; None where none does."""
        if _stands_in(key, self.deny):
            return Standing.REFUSED
        return Standing.PERMITTED if _stands_in(key, self.allow) else None


def is_known(key: str) -> bool:
    """Whether SPDX has a licence of this name, or lets anybody define it (`LicenseRef-...`)."""
    return key.lower().startswith(_OWN_NAMES) or not _licensing().unknown_license_keys(key)


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
        parsed = _licensing().parse(entry)
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
    return str(_licensing().parse(entry).render())


@cache
def _licensing() -> Licensing:
    return get_spdx_licensing()
