"""Reservations that a page states about itself: headers and meta tags against training on it.

A record's field `optout` holds them as lines `name: value`; `reservations_in` makes it of a
response's headers and meta tags. A line without a name is read as a value of `X-Robots-Tag`; what
a meta tag says to one crawler alone stands as `meta ccbot: noai`.

Sources: TDM Reservation Protocol, W3C community report of 2024-05-10 (`tdm-reservation: 1`);
DeviantArt 2022 (`X-Robots-Tag: noai`, likewise `<meta name="robots">`); Mojeek 2023, noml.info
(`noml`, in the same places); IETF aipref, draft-ietf-aipref-attach (`Content-Usage: train-ai=n`,
in early drafts `ai=n`); Cloudflare 2025, contentsignals.org (`Content-Signal: ai-train=no`).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

RESERVATIONS = ("noai", "noml", "tdm-reservation=1", "train-ai=n", "ai=n", "ai-train=no")
"""In their one spelling, as `stated` gives them."""

HEADERS = ("x-robots-tag", "robots", "tdm-reservation", "content-usage", "content-signal")
"""Headers, and meta tags of the same names, that can state one."""

_SEPARATORS = re.compile(r"[,;\s]+")
_TO_ONE = "meta "
_DIRECTIVE = re.compile(r"all|none|index|follow|no[a-z]+|[a-z-]+=\S+", re.IGNORECASE)
"""What a meta tag may say to a crawler; by this such a tag is told from other meta tags."""


def reservations_in(
    headers: Iterable[tuple[str, str]], tags: Iterable[tuple[str, str]] = ()
) -> str | None:
    """The field `optout` of a record; None where headers and meta tags state nothing.

    Args:
        headers: names and values, in any case and order.
        tags: names and contents of meta tags; a name may be that of a crawler.
    """
    told = [(name.strip().lower(), " ".join(value.split())) for name, value in headers]
    marked = [(name.strip().lower(), " ".join(value.split())) for name, value in tags]
    lines = [f"{name}: {value}" for name, value in (*told, *marked) if name in HEADERS]
    lines += [
        f"{_TO_ONE}{name}: {value}"
        for name, value in marked
        if name not in HEADERS and ":" not in name and _is_for_crawlers(value)
    ]
    return "\n".join(lines) or None


def _is_for_crawlers(content: str) -> bool:
    words = [word for word in _SEPARATORS.split(content) if word]
    return bool(words) and all(map(_DIRECTIVE.fullmatch, words))


@lru_cache(maxsize=1 << 16)
def reserved(optout: str, terms: tuple[str, ...], agents: tuple[str, ...] = ()) -> str | None:
    """The first line of the field that states one of the terms; None where none does.

    Args:
        optout: the field.
        terms: as `stated` gives them.
        agents: crawlers for whom a line counts that a meta tag says to one crawler alone.

    >>> reserved("X-Robots-Tag: noindex, noai", RESERVATIONS)
    'X-Robots-Tag: noindex, noai'
    >>> reserved("meta ccbot: noai", RESERVATIONS, ("CCBot",))
    'meta ccbot: noai'
    """
    names = {agent.lower() for agent in agents}
    for line in optout.splitlines():
        name = line.partition(":")[0].strip().lower()
        if name.startswith(_TO_ONE) and name.removeprefix(_TO_ONE) not in names:
            continue
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
