"""Pages of web archives: the main content of each HTML answer, and plain text as it is.

A `resource` that is HTML is a page too: what a crawler kept without the server's answer around it.
Requests, redirects, errors, images, robots.txt and the archive's own notes are skipped and counted.
"""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO, TypeVar, cast

from fastwarc.warc import ArchiveIterator, HeaderMap, WarcRecord, WarcRecordType
from resiliparse.parse.html import HTMLTree

from auroram.corpus.opt_outs import reservations_in
from auroram.corpus.readers.http_body import plain_body
from auroram.corpus.readers.pages import decoded, is_entangled, main_content, meta_tags
from auroram.corpus.readers.records import LONGEST_RECORD, Found, Record, Skipped, bad
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.unpacking import Advance, DamagedError, Unpacked, unpacked
from auroram.corpus.sources import Fields
from auroram.errors import RunError

LONGEST_PAGE = 8 * 1024 * 1024
"""Bytes of the longest page that is taken apart: its tree takes many times the memory."""

_HTML = ("text/html", "application/xhtml+xml")
_PLAIN = "text/plain"
_OK = 200
_ROBOTS = re.compile(r"<?https?://[^/]+/robots\.txt(?:[?#].*)?>?", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})")

Read = TypeVar("Read")


def read_warc(part: Slice, fields: Fields, advance: Advance) -> Iterator[Found]:
    """One record a page; its place is the number of the archive's record.

    Raises:
        DamagedError: where the archive is truncated or holds what is no WARC record.
    """
    del fields
    return each_record(part, advance, _found)


def each_record(
    part: Slice, advance: Advance, read: Callable[[WarcRecord, str], Read]
) -> Iterator[Read]:
    """What `read` makes of each record of an archive and its place.

    Raises:
        DamagedError: as `read_warc`.
    """
    with unpacked(part, advance) as stream:
        source = _Source(stream)
        for number, record in enumerate(_records(source), start=1):
            found = read(record, f"{part.name}:record {number}")
            source.check()
            yield found
        source.check()


def is_robots_txt(record: WarcRecord) -> bool:
    """Whether the record is of a site's robots.txt, which is told by its address."""
    return bool(_ROBOTS.fullmatch(record.headers.get("WARC-Target-URI") or ""))


def contents(record: WarcRecord, longest: int) -> bytes:
    """The first `longest` bytes of a record.

    Raises:
        DamagedError: where the record says more than it holds, or not how long it is.
    """
    return _body(record, min(_length(record), longest))


def http_parts(answer: bytes) -> tuple[HeaderMap, bytes] | None:
    """Headers and body of an HTTP answer, the body as it was sent; None where it is none."""
    headers = HeaderMap()
    try:
        start = headers.parse(BytesIO(answer))
    except OSError:
        return None
    return headers, answer[start:]


class _Source:
    """A stream that ends at its first error and tells it later.

    The archive's parser does not let every error of a Python stream through.
    """

    def __init__(self, stream: Unpacked) -> None:
        self._stream = stream
        self._error: Exception | None = None
        self.tell = stream.tell

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        try:
            return b"" if self._error else self._stream.read(size)
        except (DamagedError, RunError) as error:
            # A new one: its frames would hold the parser, which holds this stream, for ever.
            self._error = type(error)(*error.args)
            return b""

    def check(self) -> None:
        """Raise the error that ended the stream."""
        if self._error:
            raise self._error


def _records(source: _Source) -> Iterator[WarcRecord]:
    archive = ArchiveIterator(cast("BinaryIO", source), parse_http=False, stream_detect=False)
    try:
        yield from archive
    except OSError as error:
        source.check()
        raise DamagedError(f"what follows is no WARC record ({error})") from error


def _found(record: WarcRecord, place: str) -> Found:
    size = _length(record)
    is_answer = record.record_type == WarcRecordType.response
    is_text = record.record_type == WarcRecordType.conversion
    is_page = _is_page(record)
    if size > LONGEST_RECORD and (is_answer or is_page or is_text):
        return bad(place, "too-long", f"the record is over {LONGEST_RECORD} bytes", size)
    body = _body(record, min(size, LONGEST_RECORD))
    if (is_answer or is_page or is_text) and is_robots_txt(record):
        return Skipped(place=place, reason="robots-txt", bytes=size)
    if is_text:
        return _text(record, place, body.decode(errors="replace"), size)
    if is_page:
        return _page(record, place, body, record.headers)
    if is_answer:
        return _answer(record, place, body)
    return Skipped(place=place, reason="not-a-page", bytes=size)


def _is_page(record: WarcRecord) -> bool:
    """Whether the record is a page without an answer of HTTP around it."""
    return record.record_type == WarcRecordType.resource and _kind(record.headers)[0] in _HTML


def _answer(record: WarcRecord, place: str, answer: bytes) -> Found:
    size = len(answer)
    parts = http_parts(answer)
    if parts is None:
        return Skipped(place=place, reason="http-status", bytes=size)
    headers, sent = parts
    if headers.status_code != _OK:
        return Skipped(place=place, reason="http-status", bytes=size)
    if _kind(headers)[0] not in (*_HTML, _PLAIN):
        return Skipped(place=place, reason="not-text", bytes=size)
    try:
        body = plain_body(sent, headers)
    except ValueError as error:
        return bad(place, "damaged-page", str(error), size)
    return _page(record, place, body, headers)


def _kind(headers: HeaderMap) -> tuple[str, str]:
    """The media type that the headers state, and its parameters."""
    kind, _, parameters = (headers.get("Content-Type") or "").lower().partition(";")
    return kind.strip(), parameters


def _page(record: WarcRecord, place: str, body: bytes, headers: HeaderMap) -> Found:
    size = _length(record)
    kind, parameters = _kind(headers)
    charset = _CHARSET.search(parameters)
    try:
        page = decoded(body, charset[1] if charset else None)
        text, tags = _shown(page, len(body), kind)
    except _BadPageError as error:
        return bad(place, error.reason, str(error), size)
    except ValueError as error:
        return bad(place, "damaged-page", str(error), size)
    return _text(record, place, text, size, optout=reservations_in(headers.items(), tags))


class _BadPageError(Exception):
    """A page that cannot be used."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def _shown(text: str, size: int, kind: str) -> tuple[str, list[tuple[str, str]]]:
    """What a reader of the page would see, and its meta tags."""
    if size > LONGEST_PAGE:
        raise _BadPageError("too-long", f"the page is over {LONGEST_PAGE} bytes")
    if kind == _PLAIN:
        return text, []
    if is_entangled(text):
        raise _BadPageError("too-deep", "the page's elements are nested too deeply")
    page = HTMLTree.parse(text)
    return main_content(page), list(meta_tags(page))


def _length(record: WarcRecord) -> int:
    """Bytes of the record by its header.

    Raises:
        DamagedError: where the header does not say, as its end is missing then.
    """
    length = record.headers.get("Content-Length") or ""
    if not length.isdecimal():
        raise DamagedError("a WARC record does not say how long it is")
    return int(length)


def _body(record: WarcRecord, size: int) -> bytes:
    body = record.reader.read(size) if size else b""
    if len(body) < size:
        raise DamagedError(f"a WARC record ends after {len(body)} of {size} bytes")
    return body


def _text(
    record: WarcRecord, place: str, text: str, size: int, *, optout: str | None = None
) -> Record | Skipped:
    if not text.strip():
        return Skipped(place=place, reason="no-content", bytes=size)
    return Record(
        place=place,
        text=text,
        id=record.record_id or "",
        url=record.headers.get("WARC-Target-URI"),
        collected_at=record.headers.get("WARC-Date"),
        optout=optout,
    )
