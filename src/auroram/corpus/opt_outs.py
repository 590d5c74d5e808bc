"""Reservations that a page states about itself: headers and meta tags against training on it.

A record's field `optout` holds them as lines `name: value`; `reservations_in` makes it of a
response's headers. A line without a name is read as a value of `X-Robots-Tag`.

Sources: TDM Reservation Protocol, W3C community report of 2024-05-10 (`tdm-reservation: 1`);
DeviantArt 2022 (`X-Robots-Tag: noai`, likewise `<meta name="robots">`); IETF aipref,
draft-ietf-aipref-attach (`Content-Usage: train-ai=n`); Cloudflare 2025, contentsignals.org
(`Content-Signal: ai-train=no`).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

RESERVATIONS = ("noai", "tdm-reservation=1", "train-ai=n", "ai-train=no")
"""In their one spelling, as `stated` gives them."""

HEADERS = ("x-robots-tag", "robots", "tdm-reservation", "content-usage", "content-signal")
"""Headers, and meta tags of the same names, that can state one."""

_SEPARATORS = re.compile(r"[,;\s]+")


def reservations_in(headers: Iterable[tuple[str, str]]) -> str | None:
    """The field `optout` of a record from its headers or meta tags; None where they state nothing.

    Args:
        headers: names and values, in any case and order.
    """
    lines = (
        f"{name.strip().lower()}: {' '.join(value.split())}"
        for name, value in headers
        if name.strip().lower() in HEADERS
    )
    return "\n".join(lines) or None


@lru_cache(maxsize=1 << 16)
def reserved(optout: str, terms: tuple[str, ...]) -> str | None:
    """The first line of the field that states one of the terms; None where none does.

    >>> reserved("X-Robots-Tag: noindex, noai", RESERVATIONS)
    'X-Robots-Tag: noindex, noai'
    """
    for line in optout.splitlines():
        if set(terms) & set(stated(line)):
            return line.strip()
    return None


def stated(line: str) -> list[str]:
    """What a line states, in one spelling.

    >>> stated("TDM-Reservation: 1"), stated("Content-Signal: search=yes, ai-train=no")
    (['tdm-reservation=1'], ['search=yes', 'ai-train=no'])
    """
    name, colon, value = line.lower().partition(":")
    if not colon:
        name, value = "", line.lower()
    if name.strip() == "tdm-reservation":
        return [f"tdm-reservation={value.strip()}"]
    # `X-Robots-Tag: otherbot: noai` names a crawler before what it says.
    spelt = re.sub(r"\s*=\s*\??", "=", value.replace(":", " "))
    return [term for term in _SEPARATORS.split(spelt) if term]
