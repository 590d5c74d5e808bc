"""Whether a document may be used: its licence, what its site says, what somebody asked for.

Every refusal is named: `rights-takedown`, `rights-licence`, `rights-opt-out` (what the page itself
states) and `rights-robots`. What is not known is permitted, as elsewhere in the field, and counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from auroram.corpus.addresses import Addresses
from auroram.corpus.licences import LicenceLists, Standing, check_lists
from auroram.corpus.opt_outs import RESERVATIONS, reserved
from auroram.corpus.quality import Failure
from auroram.corpus.readers.locations import located, shown
from auroram.corpus.robots import AGENTS, Refusal, Rules, Snapshots, day_of, read_snapshots
from auroram.corpus.takedown import Request, Takedowns, read_takedowns
from auroram.records.document import OPT_OUTS
from auroram.settings import Positive, settings

TAKEDOWN, LICENCE, OPT_OUT, ROBOTS = (
    "rights-takedown",
    "rights-licence",
    "rights-opt-out",
    "rights-robots",
)
"""The rules, in the order in which they are judged."""

_REMEMBERED = 1 << 18
_Listed = tuple[int, str, str, str, str | None]
"""Number of a document, and what `OPT_OUTS` says of it."""


@settings
class Rights:
    """Which documents may be used."""

    allow: tuple[str, ...] = ()
    """SPDX licences that are let in, such as `MIT` or a family, `CC-BY-*`; all known ones where
    left out. Of `A OR B` one must be let in, of `A AND B` both. A record's own licence wins over
    its source's."""
    deny: tuple[str, ...] = ()
    """SPDX licences that are kept out, allowed or not."""
    unknown_licences: Literal["auto", "keep", "drop"] = "auto"
    """What becomes of licences that SPDX does not know, and of what is no licence expression.
    `auto` drops them where `allow` says what is let in, and keeps them otherwise. Addresses at
    creativecommons.org and common spellings, such as `CC BY-NC 4.0`, are understood."""
    robots: tuple[str, ...] = ()
    """Snapshots of robots.txt: files of JSON lines (`host`, `fetched_at`, `body`, perhaps
    `status`; also .gz or .zst), or folders of such files; paths or URLs."""
    agents: tuple[str, ...] = AGENTS
    """Whom a site must let fetch a page; `*` is what it says to everyone. What a page's meta tag
    says to one of them alone, such as `<meta name="CCBot" content="noai">`, counts too."""
    robots_at: tuple[Literal["then", "now"], ...] = ("then", "now")
    """Which robots.txt count: the one nearest to when the page was collected, the newest one."""
    nearest_days: Positive = 180
    """How far a snapshot may be from when a page was collected."""
    reservations: tuple[str, ...] = RESERVATIONS
    """What a page may state against being trained on: in its headers and meta tags where an
    archive holds them, else in the record's field `optout`."""
    opt_outs: Literal["drop", "tag"] = "drop"
    """What becomes of documents that robots.txt or a reservation speaks of; `tag` lists them in
    `opt-outs.parquet` and keeps them."""
    takedowns: tuple[str, ...] = ()
    """Lists of what somebody asked to have taken out: `.jsonl` or `.csv`, paths or URLs, each row
    with one of `url`, `domain`, `id` and `sha256` (of the text as it was read or as it is
    published), and with `reason` and `requested_at`. With a document fall its copies and near
    copies."""

    def __post_init__(self) -> None:
        if self.allow or self.deny:
            check_lists(allow=self.allow, deny=self.deny)
        if self.unknown_licences == "auto":
            # Written out, so that the manifest shows it.
            object.__setattr__(self, "unknown_licences", "drop" if self.allow else "keep")
        if not self.agents:
            raise ValueError("agents must name at least one; leave robots out to judge by none")

    def files(self) -> tuple[str, ...]:
        """Snapshots and takedown lists."""
        return tuple(sorted({*self.robots, *self.takedowns}))


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRows:
    """What is known of some documents, one entry each."""

    ids: Sequence[str]
    licences: Sequence[str]
    """The record's own, or else its source's."""
    urls: Sequence[str | None]
    dates: Sequence[str | None]
    """When each was collected, in ISO 8601."""
    opt_outs: Sequence[str | None] | None = None
    """The records' field `optout`; None where the source has none."""
    hashes: Sequence[str] | None = None
    """SHA-256 of the texts as they were read; needed where `RightsJudge.needs_hashes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the rights of some documents came to."""

    failures: list[Failure | None]
    """For each document the first rule that refuses it."""
    requests: dict[int, int]
    """Document to the place of the request that takes it down in `Takedowns.requests`."""
    opt_outs: pa.Table
    """Rows of `OPT_OUTS`, in the order of the documents, for those that were asked not to be used,
    dropped or not."""
    unknown: Counter[str]
    """Documents of which something is not known: `licence`, `robots-then`, `robots-now`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsJudge:
    """The settings with their files read. Make one with `open`; it can be pickled."""

    settings: Rights
    lists: LicenceLists
    snapshots: Snapshots
    takedowns: Takedowns
    _nothing_known: "_Site"
    _standings: dict[str, Standing] = field(default_factory=dict)
    """Of the licences met so far."""
    _sites: dict[tuple[str, int | None], "_Site"] = field(default_factory=dict)

    @classmethod
    def open(cls, settings: Rights, root: Path) -> "RightsJudge":
        """Read snapshots and lists.

        Args:
            settings: what to judge by.
            root: the recipe's folder.

        Raises:
            DataError: where a file is missing or damaged, with a sentence for each bad row.
        """
        paths = [(located(root, name), shown(name)) for name in settings.robots]
        return cls(
            settings=settings,
            lists=LicenceLists(allow=settings.allow, deny=settings.deny),
            snapshots=read_snapshots(paths, settings.agents, settings.reservations),
            takedowns=takedowns_of(settings, root),
            _nothing_known=_Site(
                name="",
                forbidding=(),
                unknown=tuple(f"robots-{moment}" for moment in settings.robots_at),
            ),
        )

    @property
    def needs_hashes(self) -> bool:
        """Whether a takedown names a text by its hash."""
        return self.takedowns.needs_text

    def judge(self, rows: RightsRows) -> Judged:
        """Judge some documents; how they are batched changes nothing.

        Licences and hosts are judged once for all their documents.
        """
        failures: list[Failure | None] = [None] * len(rows.ids)
        listed: list[_Listed] = []
        unknown: Counter[str] = Counter()
        asked: dict[int, Request] = {}
        # From the last rule to the first, so that of several the first one stays.
        if self.settings.robots or self.takedowns.requests:
            addresses = Addresses.of(pa.array(rows.urls, pa.string()))
            if self.settings.robots:
                self._by_robots(rows, addresses, failures, (listed, unknown))
            self._by_reservation(rows, failures, listed)
            self._by_licence(rows, failures, unknown)
            asked = self._taken_down(rows, addresses)
        else:
            self._by_reservation(rows, failures, listed)
            self._by_licence(rows, failures, unknown)
        for place, request in asked.items():
            failures[place] = takedown_failure(request)
        return Judged(
            failures=failures,
            requests={place: self.takedowns.number_of(one) for place, one in asked.items()},
            opt_outs=_opt_outs(rows.ids, listed),
            unknown=unknown,
        )

    def judge_published(self, texts: pa.Array) -> dict[int, Request]:
        """The texts, as they would be published, that a request names by their hash."""
        hashes = pa.array([sha256(text.as_buffer()).hexdigest() for text in texts], pa.string())
        return self.takedowns.of_texts(hashes)

    def _by_robots(
        self,
        rows: RightsRows,
        addresses: Addresses,
        failures: list[Failure | None],
        out: tuple[list[_Listed], Counter[str]],
    ) -> None:
        listed, unknown = out
        days = pa.array(rows.dates, pa.string()).dictionary_encode()
        numbers = [day_of(at) for at in days.dictionary.to_pylist()] + [None]
        codes = days.indices.fill_null(len(numbers) - 1).to_numpy()
        keys, site_of, counts = np.unique(
            (addresses.host_of + 1) * len(numbers) + codes, return_inverse=True, return_counts=True
        )
        names = ["", *addresses.hosts]
        pairs = (divmod(key, len(numbers)) for key in keys.tolist())
        sites = [self._site(names[name], numbers[day]) for name, day in pairs]
        for site, count in zip(sites, counts.tolist(), strict=True):
            for moment in site.unknown:
                unknown[moment] += count
        forbids = np.array([bool(site.forbidding) for site in sites], np.bool_)
        rows_of = site_of.reshape(-1).tolist()
        places = np.flatnonzero(forbids[site_of.reshape(-1)])
        paths = addresses.paths.take(pa.array(places)).to_pylist()
        for place, path in zip(places.tolist(), paths, strict=True):
            site = sites[rows_of[place]]
            for moment, rules, day in site.forbidding:
                refusal = rules.refusal(path)
                if refusal:
                    listed.append((place, moment, refusal.agent, refusal.rule, day))
                    if self.settings.opt_outs == "drop" and failures[place] is None:
                        failures[place] = _robots_failure(moment, refusal, site.name, day)

    def _site(self, name: str, day: int | None) -> "_Site":
        """What is known of a site for pages of one day, remembered."""
        if name not in self.snapshots.sites:
            return self._nothing_known
        known = self._sites.get((name, day))
        if known is None:
            if len(self._sites) > _REMEMBERED:
                self._sites.clear()
            known = self._sites[name, day] = self._looked_up(name, day)
        return known

    def _looked_up(self, name: str, day: int | None) -> "_Site":
        found = {
            "robots-then": self.snapshots.then(name, day, self.settings.nearest_days),
            "robots-now": self.snapshots.now(name),
        }
        wanted = self._nothing_known.unknown
        return _Site(
            name=name,
            forbidding=tuple(
                (moment, one[0], date.fromordinal(one[1]).isoformat())
                for moment in wanted
                if (one := found[moment]) and one[0].forbids
            ),
            unknown=tuple(moment for moment in wanted if found[moment] is None),
        )

    def _by_reservation(
        self, rows: RightsRows, failures: list[Failure | None], listed: list[_Listed]
    ) -> None:
        for place, optout in enumerate(rows.opt_outs or ()):
            line = self._reservation(optout) if optout else None
            if line:
                listed.append((place, "opt-out", "*", line, rows.dates[place]))
                if self.settings.opt_outs == "drop":
                    failures[place] = Failure(rule=OPT_OUT, detail=line)

    def _reservation(self, optout: str) -> str | None:
        return reserved(optout, self.settings.reservations, self.settings.agents)

    def _by_licence(
        self, rows: RightsRows, failures: list[Failure | None], unknown: Counter[str]
    ) -> None:
        coded = pa.array(rows.licences, pa.string()).dictionary_encode()
        codes = coded.indices.to_numpy()
        for code, licence in enumerate(coded.dictionary.to_pylist()):
            failure, is_unknown = self._licence(licence)
            if failure is None and not is_unknown:
                continue
            places = np.flatnonzero(codes == code).tolist()
            if is_unknown:
                unknown["licence"] += len(places)
            for place in places if failure else ():
                failures[place] = failure

    def _licence(self, licence: str) -> tuple[Failure | None, bool]:
        """Why a licence is refused, if it is, and whether it is unknown."""
        if licence not in self._standings:
            self._standings[licence] = self.lists.standing(licence)
        standing = self._standings[licence]
        is_unknown = standing == Standing.UNKNOWN
        if standing == Standing.PERMITTED or (
            is_unknown and self.settings.unknown_licences == "keep"
        ):
            return None, is_unknown
        why = "not a licence that SPDX knows" if is_unknown else "not let in"
        return Failure(rule=LICENCE, detail=f"{licence or 'no licence'}: {why}"), is_unknown

    def _taken_down(self, rows: RightsRows, addresses: Addresses) -> dict[int, Request]:
        hashes = None if rows.hashes is None else pa.array(rows.hashes, pa.string())
        ids = pa.array(rows.ids, pa.string())
        return self.takedowns.matches(ids, addresses, hashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """What is known of a site's robots.txt for pages collected on one day."""

    name: str
    forbidding: tuple[tuple[str, Rules, str], ...]
    """Moment, rules that forbid something, date of the snapshot."""
    unknown: tuple[str, ...]


def takedowns_of(settings: Rights, root: Path) -> Takedowns:
    """The takedown lists of the settings as one.

    Raises:
        DataError: where a list is missing or damaged, with a sentence for each bad row.
    """
    lists = (read_takedowns(located(root, name), name=shown(name)) for name in settings.takedowns)
    return Takedowns.of(request for one in lists for request in one.requests)


def takedown_failure(request: Request, through: str = "") -> Failure:
    """Why a document is taken out; `through` is the document that it says the same as, if any."""
    after = f", with {through}" if through else ""
    return Failure(
        rule=TAKEDOWN,
        detail=f"{request.words} ({request.reason}, {request.requested_at}){after}",
    )


def _opt_outs(ids: Sequence[str], listed: list[_Listed]) -> pa.Table:
    listed.sort(key=lambda row: row[:2])
    rows = [(ids[place], *said) for place, *said in listed]
    columns = zip(*rows, strict=True) if rows else ([] for _ in OPT_OUTS)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, OPT_OUTS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=OPT_OUTS)


@lru_cache(maxsize=1 << 12)
def _robots_failure(moment: str, refusal: Refusal, name: str, day: str) -> Failure:
    return Failure(
        rule=ROBOTS, detail=f"{moment}: {name} of {day} refuses {refusal.agent}, {refusal.rule}"
    )
