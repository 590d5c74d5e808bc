"""What robots.txt said when a page was collected, and what it says now.

Snapshots are JSON lines with `host`, `fetched_at`, `body` and perhaps `status` (of HTTP). Where a
site has none, or only one that could not be fetched, nothing is known; a site that answered 4xx
has no rules (RFC 9309, 2.3.1). A page is refused where any of the agents may not fetch it.

Memory: the bodies of the snapshots, equal ones once.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from urllib.parse import unquote

from protego import Protego

from auroram.corpus.addresses import host
from auroram.corpus.opt_outs import stated
from auroram.corpus.readers.locations import below, files_below, is_folder
from auroram.corpus.side_files import objects_in
from auroram.errors import DataError
from auroram.records.canonical import Json

AGENTS = (
    "AI2Bot", "Applebot-Extended", "Bytespider", "CCBot", "CCBot/2.0", "CCBot/1.0", "ClaudeBot",
    "cohere-training-data-crawler", "Diffbot", "Meta-ExternalAgent", "Google-Extended", "GPTBot",
    "PanguBot", "anthropic-ai", "cohere-ai", "*",
)  # fmt: skip
"""Crawlers and names that collect training data; `*` is what a site says to everyone.

Source: Apertus 2025, arXiv:2509.14233, appendix B; `anthropic-ai` and `cohere-ai`, which older
robots.txt use, from github.com/ai-robots-txt/ai.robots.txt.
"""

_PROBES = ("/~~~~~~~~", "/")
_OPEN = "$%"
_PIECES = 2
_NOTHING = "(?!)"
_IN_FOLDER = re.compile(r"(^|/)[^./][^/]*\.jsonl[^/]*$")
"""A regular expression that no path matches."""
_SIGNALS = ("content-signal", "content-usage")
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Who may not fetch a page, and why."""

    agent: str
    """The first of the agents."""
    rule: str


@dataclass(slots=True, kw_only=True)
class Rules:
    """One robots.txt as the agents must read it. Make one with `rules_of`."""

    parsed: Protego
    agents: tuple[str, ...]
    everywhere: Refusal | None
    """Holds for each page of the site."""
    sieve: re.Pattern[str]
    """Every path that some rule of the file forbids somebody matches it; few others do."""

    @property
    def forbids(self) -> bool:
        """Whether the file has a rule that forbids anything to anybody."""
        return self.everywhere is not None or self.sieve.pattern != _NOTHING

    def refusal(self, path: str) -> Refusal | None:
        """Whether an agent may not fetch a path; None where all may.

        The sieve tells most paths; the others take some microseconds an agent.
        """
        if self.everywhere:
            return self.everywhere
        if not self.sieve.match(unquote(path) if "%" in path else path):
            return None
        refused = [agent for agent in self.agents if not self._lets(path, agent)]
        return _refusal(refused, f"Disallow of {path[:80]}", self.agents) if refused else None

    def _lets(self, path: str, agent: str) -> bool:
        # With a host, so that a path that begins with two slashes is not taken for one.
        return bool(self.parsed.can_fetch(f"http://host{path}", agent))


def rules_of(body: str, agents: tuple[str, ...], reservations: Sequence[str] = ()) -> Rules:
    """A robots.txt, read once for all pages of the site.

    Args:
        body: of the file; what cannot be understood is passed over, as crawlers do.
        agents: who must be let in, in the order in which they are named.
        reservations: terms that `Content-Signal` or `Content-Usage` may state.
    """
    parsed = Protego.parse(body)
    disallowed = list(_values(body, "disallow"))
    everywhere = _stated_for_all(body, agents, reservations)
    if not everywhere and {"/", "/*", "*"} & set(disallowed) and not any(_values(body, "allow")):
        refused = [a for a in agents if not any(parsed.can_fetch(p, a) for p in _PROBES)]
        everywhere = _refusal(refused, "Disallow: /", agents) if refused else None
    sieve = "|".join(sorted({_loosened(value) for value in disallowed})) or _NOTHING
    return Rules(parsed=parsed, agents=agents, everywhere=everywhere, sieve=re.compile(sieve))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """robots.txt of many sites at several times. Make one with `read_snapshots`."""

    agents: tuple[str, ...]
    reservations: tuple[str, ...]
    sites: dict[str, list[tuple[int, str]]]
    """Host to the days (counted from year 1) and bodies, rising."""
    _rules: dict[str, Rules] = field(default_factory=dict)

    def then(self, name: str, day: int | None, nearest_days: int) -> tuple[Rules, int] | None:
        """The rules nearest to a day, and theirs; None where there are none near enough."""
        found = self.sites.get(name)
        if not found or day is None:
            return None
        place = bisect_left(found, (day, ""))
        near = min(found[max(0, place - 1) : place + 1], key=lambda one: abs(one[0] - day))
        return (self._of(near[1]), near[0]) if abs(near[0] - day) <= nearest_days else None

    def now(self, name: str) -> tuple[Rules, int] | None:
        """The newest rules and their day; None where there are none."""
        found = self.sites.get(name)
        return (self._of(found[-1][1]), found[-1][0]) if found else None

    def _of(self, body: str) -> Rules:
        if body not in self._rules:
            self._rules[body] = rules_of(body, self.agents, self.reservations)
        return self._rules[body]


def read_snapshots(
    places: Sequence[tuple[str, str]], agents: tuple[str, ...], reservations: tuple[str, ...]
) -> Snapshots:
    """All snapshots of some files.

    Args:
        places: path or URL of each file of JSON lines or folder of them, and its name in errors.
        agents: as for `rules_of`, as are the reservations.
        reservations: terms.

    Raises:
        DataError: where a file is missing or damaged, or a line no snapshot.
    """
    sites: dict[str, list[tuple[int, str]]] = {}
    bodies: dict[str, str] = {}
    for url, name in places:
        for place, row in _rows(url, name):
            snapshot = _snapshot(row, place)
            if snapshot:
                site, day, body = snapshot
                sites.setdefault(site, []).append((day, bodies.setdefault(body, body)))
    for found in sites.values():
        found.sort()
    return Snapshots(agents=agents, reservations=reservations, sites=sites)


@lru_cache(maxsize=1 << 16)
def day_of(at: str | None) -> int | None:
    """The day of an ISO 8601 time, counted from year 1; None where it is none."""
    try:
        return date.fromisoformat(at[:10]).toordinal() if at else None
    except ValueError:
        return None


def _rows(url: str, name: str) -> Iterator[tuple[str, Json]]:
    if not is_folder(url, name):
        yield from objects_in(url, name=name)
        return
    files = [path for path in files_below(url, name) if _IN_FOLDER.search(path)]
    if not files:
        raise DataError(f"{name}: the folder holds no .jsonl file; name one with snapshots")
    for path in files:
        yield from objects_in(below(url, path), name=below(name, path))


def _snapshot(row: Json, place: str) -> tuple[str, int, str] | None:
    """Host, day and body; None of a snapshot that could not be fetched."""
    texts = {key: row.get(key) for key in ("host", "fetched_at", "body")}
    status = row.get("status", 200)
    if not isinstance(status, int):
        raise DataError(f"{place}: status is no number ({status!r}); give the code of HTTP")
    if status >= _SERVER_ERROR:
        return None
    if status >= _CLIENT_ERROR:
        texts["body"] = ""
    wrong = [key for key, value in texts.items() if not isinstance(value, str)]
    if wrong:
        raise DataError(f"{place}: no snapshot of robots.txt ({wrong[0]} is missing or no text)")
    day = day_of(texts["fetched_at"])
    if day is None:
        raise DataError(f"{place}: fetched_at is no date ({texts['fetched_at']!r})")
    site = host(str(texts["host"]).partition(":")[0])
    if not site:
        raise DataError(f"{place}: host names no site ({texts['host']!r}); give its name")
    return site, day, str(texts["body"])


def _lines(body: str) -> Iterator[tuple[str, str]]:
    """Key, in lower case, and value of each line that has both."""
    for line in body.splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _values(body: str, key: str) -> Iterator[str]:
    return (value for found, value in _lines(body) if found == key and value)


def _loosened(pattern: str) -> str:
    """A regular expression for every path that a pattern matches, percent signs resolved.

    It ends before the second wildcard, so that it takes time in proportion to the path's length
    and not to a power of it, and before what may be spelt in several ways.
    """
    ends = (n for n, letter in enumerate(pattern) if letter in _OPEN or not letter.isascii())
    parts = pattern[: next(ends, len(pattern))].split("*")[:_PIECES]
    return ".*?".join(re.escape(part) for part in parts)


def _stated_for_all(
    body: str, agents: Sequence[str], reservations: Sequence[str]
) -> Refusal | None:
    """A reservation in the file that speaks to one of the agents, for the whole site."""
    names = {agent.lower() for agent in agents}
    group: list[str] = []
    in_head = False
    for key, value in _lines(body):
        if key == "user-agent":
            group = [*group, value.lower()] if in_head else [value.lower()]
        elif key in _SIGNALS and not value.startswith("/"):
            speaks = not group or names & set(group)
            if speaks and set(stated(f"{key}: {value}")) & set(reservations):
                return Refusal(agent=group[0] if group else "*", rule=f"{key}: {value}")
        in_head = key == "user-agent"
    return None


def _refusal(refused: Sequence[str], rule: str, agents: Sequence[str]) -> Refusal:
    return Refusal(agent=refused[0], rule=f"{rule} ({len(refused)} of {len(agents)} agents)")
