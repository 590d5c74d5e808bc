"""Snapshots of robots.txt out of web archives, in the form that `rights.robots` reads.

A crawl keeps what each site answered for robots.txt, with the pages or in archives of its own
(`robotstxt/` of Common Crawl). A redirect is no answer of the site that was asked, and left out.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fastwarc.warc import WarcRecord, WarcRecordType

from auroram.corpus.addresses import page
from auroram.corpus.readers.http_body import plain_body
from auroram.corpus.readers.slices import slices_of
from auroram.corpus.readers.unpacking import DamagedError
from auroram.corpus.readers.warc import contents, each_record, http_parts, is_robots_txt
from auroram.corpus.robots import day_of
from auroram.errors import DataError

LONGEST_BODY = 500 * 1024
"""Bytes of a robots.txt that are kept. Source: RFC 9309, 2.5."""

_LONGEST_ANSWER = 16 * LONGEST_BODY
_OK, _REDIRECTED, _CLIENT_ERROR = 200, 300, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a site answered for its robots.txt; a line of the file."""

    host: str
    fetched_at: str
    """ISO 8601."""
    status: int
    """Of HTTP."""
    body: str
    """Empty but where the status is 2xx."""


@dataclass(slots=True)
class RobotsArchives:
    """The snapshots of some archives, read once and in order."""

    files: Sequence[str]
    """Paths and URLs of .warc files, perhaps packed."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Answers that are no snapshot, by reason: `redirect`, or `damaged`."""

    def snapshots(self) -> Iterator[Snapshot]:
        """Each snapshot; memory holds one.

        Raises:
            DataError: where a file is missing or damaged.
            RunError: where a file cannot be reached.
        """
        for file in self.files:
            for part in slices_of(file, name=file, form="warc"):
                try:
                    for found in each_record(part, _ignore, self._snapshot):
                        if found:
                            yield found
                except DamagedError as error:
                    raise DataError(f"{file}: {error}; fetch or make it again") from None

    def _snapshot(self, record: WarcRecord, _place: str) -> Snapshot | None:
        if record.record_type != WarcRecordType.response or not is_robots_txt(record):
            return None
        fetched_at = record.headers.get("WARC-Date") or ""
        parts = http_parts(contents(record, _LONGEST_ANSWER))
        if parts is None or parts[0].status_code is None or day_of(fetched_at) is None:
            self.left_out["damaged"] += 1
            return None
        headers, sent = parts
        status = int(headers.status_code or 0)
        if not (_OK <= status < _REDIRECTED or status >= _CLIENT_ERROR):
            self.left_out["redirect"] += 1
            return None
        try:
            body = plain_body(sent, headers) if status < _REDIRECTED else b""
        except ValueError:
            self.left_out["damaged"] += 1
            return None
        text = body[:LONGEST_BODY].decode("utf-8-sig", errors="replace")
        return Snapshot(host=_host(record), fetched_at=fetched_at, status=status, body=text)


def _host(record: WarcRecord) -> str:
    address = (record.headers.get("WARC-Target-URI") or "").strip("<>")
    return page(address).partition("/")[0]


def _ignore(units: int) -> None:
    """Nobody is told how far it is."""
