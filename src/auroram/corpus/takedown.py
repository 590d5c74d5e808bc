"""Takedown lists: what somebody asked to have taken out, and which documents that means.

A list is JSON lines or CSV. Each row names one thing by one of `url`, `domain`, `id` and `sha256`
(of the document's text in UTF-8, as its record was read or as it was published), and says `reason`
and `requested_at`. A takedown follows a document to everything that says nearly the same: its
cluster.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auroram.corpus.addresses import Addresses, host, page
from auroram.corpus.side_files import lines_in, objects_in, unpacked_suffix
from auroram.errors import DataError
from auroram.records.canonical import Json

KEYS = ("url", "domain", "id", "sha256")
_COLUMNS = (*KEYS, "reason", "requested_at")
_DIGEST = re.compile("[0-9a-f]{64}")
_NAMED_FAULTS = 10
_REMEMBERED = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One row of a takedown list."""

    key: str
    """One of `KEYS`."""
    value: str
    """In its one spelling."""
    reason: str
    requested_at: str
    """ISO 8601, as given."""

    @property
    def words(self) -> str:
        """What is asked for, in words: `domain example.org`."""
        return f"{self.key} {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Takedowns:
    """A takedown list that documents are held against. Make one with `read`; can be pickled."""

    requests: tuple[Request, ...]
    _by: Mapping[str, Mapping[str, Request]]
    """Key to value to request."""
    _numbers: Mapping[Request, int]
    """Place of each request in `requests`."""
    _hosts: dict[str, Request | None] = field(default_factory=dict)

    @classmethod
    def of(cls, requests: Iterable[Request]) -> "Takedowns":
        """The list of these requests; of two for one thing the first holds."""
        by: dict[str, dict[str, Request]] = {key: {} for key in KEYS}
        for request in requests:
            by[request.key].setdefault(request.value, request)
        kept = tuple(request for values in by.values() for request in values.values())
        numbers = {request: number for number, request in enumerate(kept)}
        return cls(requests=kept, _by=by, _numbers=numbers)

    @property
    def needs_text(self) -> bool:
        """Whether some request names a text by its hash."""
        return bool(self._by["sha256"])

    def number_of(self, request: Request) -> int:
        """The place of one of the `requests` among them."""
        return self._numbers[request]

    def matches(
        self, ids: pa.Array, addresses: Addresses, hashes: pa.Array | None = None
    ) -> dict[int, Request]:
        """The rows that fall under a request; of several the id's counts first, the hash's last.

        Args:
            ids: of the documents.
            addresses: where they are from.
            hashes: SHA-256 of their texts, where `needs_text`.
        """
        found = self.of_texts(hashes) if hashes is not None else {}
        if self._by["domain"]:
            asked = [self._of_host(name) for name in addresses.hosts]
            falls = np.array([one is not None for one in asked] + [False])
            for row in np.flatnonzero(falls[addresses.host_of]).tolist():
                found[row] = cast(Request, asked[addresses.host_of[row]])
        if self._by["url"]:
            found |= self._named("url", addresses.pages())
        return found | self._named("id", ids)

    def of_texts(self, hashes: pa.Array) -> dict[int, Request]:
        """The rows whose text, by its SHA-256, a request names."""
        return self._named("sha256", hashes)

    def _named(self, key: str, values: pa.Array) -> dict[int, Request]:
        """The rows whose value a request names."""
        by = self._by[key]
        if not by:
            return {}
        falls = pc.is_in(values, pa.array(list(by), pa.string()))
        rows = np.flatnonzero(falls.to_numpy(zero_copy_only=False))
        return {row: by[values[row].as_py()] for row in rows.tolist()}

    def _of_host(self, name: str) -> Request | None:
        """The request for a host's domain or one above it."""
        if len(self._hosts) > _REMEMBERED:
            self._hosts.clear()
        if name not in self._hosts:
            parts = name.split(".")
            above = (".".join(parts[n:]) for n in range(len(parts)))
            domains = self._by["domain"]
            self._hosts[name] = next((domains[one] for one in above if one in domains), None)
        return self._hosts[name]


def read_takedowns(url: str, *, name: str) -> Takedowns:
    """A takedown list.

    Args:
        url: path or URL of a file that ends in `.jsonl` or `.csv`, perhaps `.gz` or `.zst` behind.
        name: what to call the file in errors.

    Raises:
        DataError: where the file cannot be read, or with a sentence for each bad row.
    """
    requests: list[Request] = []
    faults: list[str] = []
    for place, row in _rows(url, name):
        try:
            requests.append(_request(row))
        except ValueError as error:
            faults.append(f"{place}: {error}")
    if faults:
        more = len(faults) - _NAMED_FAULTS
        rest = [f"and {more} more bad rows"] if more > 0 else []
        raise DataError("\n  ".join([*faults[:_NAMED_FAULTS], *rest]))
    if not requests:
        raise DataError(f"{name}: no row; list what is to be taken down, or leave the file out")
    return Takedowns.of(requests)


def follow_ids(clusters: Mapping[str, str], named: Iterable[str]) -> dict[str, str]:
    """Every document that falls, to the named one that it falls with; named ones to themselves.

    Args:
        clusters: id of a document to the id of its cluster's representative, as `clusters.parquet`
            holds them; documents that are in no cluster may be missing.
        named: ids that a request names.
    """
    falls = {document: document for document in sorted(named)}
    first: dict[str, str] = {}
    for document in falls:
        if document in clusters:
            first.setdefault(clusters[document], document)
    for document, cluster in clusters.items():
        if cluster in first:
            falls.setdefault(document, first[cluster])
    return falls


def _rows(url: str, name: str) -> Iterator[tuple[str, Json]]:
    ending = unpacked_suffix(url)
    if ending == ".jsonl":
        yield from objects_in(url, name=name)
    elif ending == ".csv":
        yield from _csv_rows(url, name)
    else:
        raise DataError(f"{name}: not a takedown list; give it as .jsonl or .csv, plain or packed")


def _csv_rows(url: str, name: str) -> Iterator[tuple[str, Json]]:
    header: list[str] = []
    for place, line in _quoted_whole(lines_in(url, name=name)):
        try:
            values = [value.strip() for value in next(csv.reader([line]))]
        except csv.Error as error:
            raise DataError(f"{place}: not CSV ({error}); mend the line") from None
        if not header:
            header = values
        elif len(values) > len(header):
            raise DataError(f"{place}: more columns than the first line names; quote the commas")
        else:
            row = zip(header, values, strict=False)
            yield place, {column: value for column, value in row if value}


def _quoted_whole(lines: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The lines, those together over which a quoted value goes."""
    for place, line in lines:
        whole = line
        while whole.count('"') % 2 and (following := next(lines, None)):
            whole += f"\n{following[1]}"
        yield place, whole


def _request(row: Json) -> Request:
    """The request of a row; a ValueError says what is wrong with it."""
    unknown = sorted(set(row) - set(_COLUMNS))
    if unknown:
        raise ValueError(f"unknown column {unknown[0]!r}; known are {', '.join(_COLUMNS)}")
    for column, value in row.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{column} must be text that is not empty ({value!r} given)")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError(f"{column} holds half a character ({value[:40]!r}); write it whole")
    named = [key for key in KEYS if key in row]
    if len(named) != 1:
        raise ValueError(f"names {len(named)} things; give one of {', '.join(KEYS)}")
    if "reason" not in row or "requested_at" not in row:
        raise ValueError("reason or requested_at is missing; say why and since when")
    try:
        datetime.fromisoformat(row["requested_at"].strip())
    except ValueError:
        raise ValueError(
            f"requested_at is no date ({row['requested_at']!r}); write it as 2026-05-31"
        ) from None
    return Request(
        key=named[0],
        value=_spelt(named[0], row[named[0]].strip()),
        reason=row["reason"].strip(),
        requested_at=row["requested_at"].strip(),
    )


def _spelt(key: str, value: str) -> str:
    if key == "url":
        return page(value)
    if key == "domain":
        spelt = "" if set(value) & set("/:?#@ ") else host(value)
        if not spelt:
            raise ValueError(f"domain is no host name ({value!r}); write it as example.org")
        return spelt
    if key == "sha256" and not _DIGEST.fullmatch(value.lower()):
        raise ValueError(f"sha256 is no digest ({value!r}); give its 64 hexadecimal digits")
    return value.lower() if key == "sha256" else value
