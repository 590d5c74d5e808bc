"""The body of an HTTP answer in a web archive, freed from its chunks and its compression."""

import zlib

from fastwarc.warc import HeaderMap

from auroram.corpus.readers.records import LONGEST_RECORD

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_PACKED = ("gzip", "x-gzip", "deflate")
_PACKED_STARTS = (b"\x1f\x8b", b"\x78")
_LONGEST_CHUNK_LINE = 64


def plain_body(body: bytes, headers: HeaderMap) -> bytes:
    """The body without chunks and compression, of at most `LONGEST_RECORD` + 1 bytes.

    A crawler may have decoded the body and left the header as it was: what does not look encoded
    is taken as it is.

    Raises:
        ValueError: where the encoding is damaged or not known.
    """
    if "chunked" in (headers.get("Transfer-Encoding") or "").lower():
        body = _without_chunks(body)
    encoding = (headers.get("Content-Encoding") or "").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in _PACKED:
        raise ValueError(f"the content encoding {encoding!r} is not known")
    return _inflated(body)


def _without_chunks(body: bytes) -> bytes:
    """The chunks joined; the body itself where it does not begin with the size of a chunk."""
    kept: list[bytes] = []
    place = 0
    while place < len(body):
        end = body.find(b"\r\n", place, place + _LONGEST_CHUNK_LINE)
        size = _chunk_size(body[place:end]) if end >= 0 else None
        if size is None:
            return body if not kept else b"".join(kept)
        if size == 0:
            break
        kept.append(body[end + 2 : end + 2 + size])
        place = end + 2 + size + 2
    return b"".join(kept)


def _chunk_size(line: bytes) -> int | None:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        return None


def _inflated(body: bytes) -> bytes:
    if not body.startswith(_PACKED_STARTS):
        return body
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        return unpacker.decompress(body, LONGEST_RECORD + 1)
    except zlib.error as error:
        raise ValueError(f"the content encoding is damaged ({error})") from error
