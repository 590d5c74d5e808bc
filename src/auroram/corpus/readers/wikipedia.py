"""Articles of MediaWiki dumps, `.xml` or `.xml.bz2`, as plain text.

A dump is cut into `<page>` elements by their tags, which cannot stand in text unescaped, and each
is parsed by itself: a damaged page costs itself alone, and as nothing before the first page is
parsed, no declared entity is ever known, let alone expanded. A page belongs to the slice that its
tag begins in; a big plain dump is cut anywhere, a packed one where one of its streams begins.

Only articles (namespace 0) are text; redirects and other pages are skipped and counted.
Source: https://www.mediawiki.org/xml/export-0.11.xsd
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from urllib.parse import quote
from xml.parsers import expat

from auroram.corpus.readers.locations import is_url, open_location
from auroram.corpus.readers.records import LONGEST_RECORD, Found, Record, Skipped, bad
from auroram.corpus.readers.slice import PACKED_SHARE, TO_THE_END, Slice
from auroram.corpus.readers.unpacking import (
    SMALL_BLOCK,
    Advance,
    DamagedError,
    packing_of,
    unpacked,
)
from auroram.corpus.readers.wikitext import FILES, plain_text
from auroram.corpus.sources import Fields

_OPEN, _CLOSE, _END = b"<page>", b"</page>", b"</mediawiki>"
_STREAM = b"BZh91AY&SY"
_SCANNED = 1 << 22
_HEADER_BYTES = 1 << 20
_NUMBER = re.compile(rb"<id>(\d{1,20})</id>")
_TAIL = 64
_DEEPEST = 4
"""Elements of a dump that matter lie no deeper; deeper ones are not looked at."""
_ARTICLES = "0"
_WIKITEXT = ("wikitext", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """What a dump says of its wiki before the first page."""

    base: str = ""
    """Address that a title is added to; empty where the dump does not say."""
    namespaces: frozenset[str] = FILES
    """Names of the namespaces, in lower case: a link there is no text."""


def wikipedia_slices(whole: Slice, target: int) -> list[Slice]:
    """Stretches of about `target` unpacked bytes; a dump that lies elsewhere is one slice."""
    packing = packing_of(whole.url)
    if is_url(whole.url) or packing not in (None, "bz2"):
        return [whole]
    step = target // PACKED_SHARE if packing else target
    places = _stream_places(whole, step) if packing else range(step, whole.bytes - _TAIL, step)
    return [
        replace(whole, start=start, end=end, bytes=min(end, whole.bytes) - start)
        for start, end in pairwise([0, *places, TO_THE_END])
    ]


def read_wikipedia(part: Slice, fields: Fields, advance: Advance) -> Iterator[Found]:
    """One record an article; its place is the page's own number.

    Raises:
        DamagedError: where the dump ends before its end.
    """
    del fields
    site = _site(part)
    count = 0
    for page in _pages(part, advance):
        count += 1
        if isinstance(page, int):
            detail = f"the page is over {LONGEST_RECORD} bytes"
            yield bad(f"{part.name}:page ?", "too-long", detail, page)
        else:
            yield _found(page, part.name, site)
    if not count and part.start == 0 and part.end == TO_THE_END:
        yield bad(part.name, "not-xml", "no <page> of a MediaWiki dump", part.bytes)


def _stream_places(whole: Slice, step: int) -> Iterator[int]:
    """Where streams of a .bz2 file begin, about `step` apart; the file is searched, not unpacked.

    The first ten bytes of a stream are looked for: they turn up elsewhere once in 2^80 bytes.
    """
    last = place = 0
    tail = b""
    with open_location(whole.url, whole.name) as file:
        while block := file.read(_SCANNED):
            text = tail + block
            found = text.find(_STREAM)
            while found >= 0:
                if place - len(tail) + found >= last + step:
                    last = place - len(tail) + found
                    yield last
                found = text.find(_STREAM, found + 1)
            place += len(block)
            tail = text[-len(_STREAM) + 1 :]


def _pages(part: Slice, advance: Advance) -> Iterator[bytes | int]:
    """The `<page>` elements that begin in the slice; of one too long only its bytes."""
    cutter = _PageCutter()
    end = b""
    with unpacked(part, advance) as stream:
        for block in stream.blocks():
            end = (end + block)[-_TAIL:]
            yield from cutter.pages(block, is_own=True)
    if part.end != TO_THE_END:
        rest = replace(part, start=part.end, end=TO_THE_END)
        with unpacked(rest, lambda _: None) as stream:
            blocks = stream.blocks(SMALL_BLOCK)
            while cutter.is_waiting and (block := next(blocks, b"")):
                end = (end + block)[-_TAIL:]
                yield from cutter.pages(block, is_own=False)
    if (cutter.is_waiting or part.end == TO_THE_END) and _END not in end:
        raise DamagedError("the dump ends before its end")


class _PageCutter:
    """Cuts `<page>` elements out of blocks. Memory: a page of at most `LONGEST_RECORD`."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._own = 0
        self._within = False
        self._seen = 0
        self._lost = 0

    @property
    def is_waiting(self) -> bool:
        """Whether a page of this slice may still begin or end."""
        return self._within or self._own > 0

    def pages(self, block: bytes, *, is_own: bool) -> Iterator[bytes | int]:
        """The pages that end in the block; others than the slice's own may not begin in it."""
        self._held += block
        if is_own:
            self._own = len(self._held)
        while self._begins():
            end = self._end()
            if end < 0:
                self._wait()
                return
            size = self._lost + end
            yield bytes(self._held[:end]) if size <= LONGEST_RECORD else size
            self._drop(end)
            self._within, self._lost = False, 0

    def _begins(self) -> bool:
        if self._within:
            return True
        start = self._held.find(_OPEN)
        self._within = 0 <= start < self._own
        unread = max(0, len(self._held) - len(_OPEN) + 1)
        self._drop(start if start >= 0 else unread)
        return self._within

    def _end(self) -> int:
        """Where the page ends: behind its close, or where another begins as it has none."""
        close = self._held.find(_CLOSE, self._seen)
        stop = len(self._held) if close < 0 else close
        following = self._held.find(_OPEN, self._seen if self._lost else max(1, self._seen), stop)
        if following >= 0:
            return following
        return close + len(_CLOSE) if close >= 0 else -1

    def _wait(self) -> None:
        """Keep what is needed to find the end of the page, and no page that is too long."""
        self._seen = max(0, len(self._held) - len(_CLOSE) + 1)
        if self._lost or len(self._held) > LONGEST_RECORD:
            self._lost += self._seen
            self._drop(self._seen)

    def _drop(self, size: int) -> None:
        del self._held[:size]
        self._own = max(0, self._own - size)
        self._seen = 0


def _site(part: Slice) -> _Site:
    """What the dump's beginning says, wherever the slice lies."""
    head = b""
    with unpacked(replace(part, start=0, end=TO_THE_END), lambda _: None) as stream:
        for block in stream.blocks():
            head += block
            if b"</siteinfo>" in head or _OPEN in head or len(head) > _HEADER_BYTES:
                break
    start, end = head.find(b"<siteinfo>"), head.find(b"</siteinfo>")
    if not 0 <= start < end:
        return _Site()
    values = _Values(head[start : end + len(b"</siteinfo>")])
    names = {name.strip().lower() for name in values.all("siteinfo/namespaces/namespace")}
    base = values.first("siteinfo/base").rpartition("/")[0]
    return _Site(base=base, namespaces=FILES | names - {""})


def _found(page: bytes, name: str, site: _Site) -> Found:
    try:
        values = _Values(page)
    except expat.ExpatError as error:
        number = _NUMBER.search(page)
        place = f"{name}:page {number[1].decode() if number else '?'}"
        return bad(place, "not-xml", f"not XML ({error})", len(page))
    place = f"{name}:page {values.first('page/id') or '?'}"
    reason = _reason_to_skip(values)
    if reason:
        return Skipped(place=place, reason=reason, bytes=len(page))
    title = values.first("page/title")
    text = plain_text(values.last("page/revision/text"), site.namespaces)
    if not text:
        return Skipped(place=place, reason="no-content", bytes=len(page))
    return Record(
        place=place,
        text=f"{title}\n\n{text}",
        id=values.first("page/id"),
        url=f"{site.base}/{quote(title.replace(' ', '_'), safe='/:(),!')}" if site.base else None,
        collected_at=values.last("page/revision/timestamp") or None,
    )


def _reason_to_skip(values: "_Values") -> str:
    if values.has("page/redirect"):
        return "redirect"
    if values.first("page/ns") != _ARTICLES:
        return "not-an-article"
    if values.last("page/revision/model") not in _WIKITEXT:
        return "not-wikitext"
    return ""


class _Values:
    """The text of an XML element's children by their path from it.

    Raises:
        ExpatError: where the element is not XML, or names an entity.
    """

    def __init__(self, element: bytes) -> None:
        self._values: dict[str, list[list[str]]] = {}
        self._path: list[str] = []
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        parser.Parse(element, True)  # noqa: FBT003 -- expat takes no names

    def has(self, path: str) -> bool:
        """Whether there is such a child."""
        return path in self._values

    def first(self, path: str) -> str:
        """The text of the first such child; empty where there is none."""
        return "".join(self._values.get(path, [[]])[0])

    def last(self, path: str) -> str:
        """The text of the last such child; empty where there is none."""
        return "".join(self._values.get(path, [[]])[-1])

    def all(self, path: str) -> list[str]:
        """The texts of all such children, in order."""
        return ["".join(parts) for parts in self._values.get(path, [])]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        del attributes
        self._path.append(tag)
        if len(self._path) <= _DEEPEST:
            self._values.setdefault("/".join(self._path), []).append([])

    def _end(self, tag: str) -> None:
        del tag
        self._path.pop()

    def _add(self, text: str) -> None:
        if len(self._path) <= _DEEPEST:
            self._values["/".join(self._path)][-1].append(text)
