"""Records from JSON lines, plain or packed."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from auroram.corpus.readers.lines import lines_of
from auroram.corpus.readers.plain_text import BYTE_ORDER_MARK
from auroram.corpus.readers.records import LONGEST_RECORD, BadRecord, Found, Record, bad
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.unpacking import Advance
from auroram.corpus.sources import Fields
from auroram.text.encodings import not_utf_8

_TOO_DEEP = "depth limit"
_ONE_A_LINE = "write one object a line, as `jq -c .[]` does of an array"


def read_json_lines(part: Slice, fields: Fields, advance: Advance) -> Iterator[Found]:
    """One record a line; blank lines are nothing."""
    for number, line in enumerate(lines_of(part, advance), start=part.first + 1):
        if isinstance(line, int):
            detail = f"the line is over {LONGEST_RECORD} bytes"
            yield bad(f"{part.name}:{number}", "too-long", detail, line)
        elif line and not line.isspace():
            yield _record_of(line, fields, f"{part.name}:{number}")


def table_record(
    table: dict[str, Any], fields: Fields, place: str, size: int
) -> Record | BadRecord:
    """The record that a table of values holds."""
    text = _value(table, fields.text)
    if not isinstance(text, str):
        found = ", ".join(sorted(map(repr, table))) or "nothing"
        named = "" if fields.text in table else "; say in fields.text what it is called"
        detail = f"no text under {fields.text!r} (the record holds {found}){named}"
        return bad(place, "no-text", detail, size)
    return Record(
        place=place,
        text=text,
        id=_key(_value(table, fields.id)),
        url=_string(_value(table, fields.url)),
        licence=_string(_value(table, fields.licence)),
        collected_at=_string(_value(table, fields.collected_at)),
        optout=_string(_value(table, fields.optout)),
    )


def _value(table: dict[str, Any], name: str) -> object:
    """What a table holds under a name, or under its parts one inside the other."""
    if "." not in name or name in table:
        return table.get(name)
    outer, _, inner = name.partition(".")
    nested = table.get(outer)
    return _value(nested, inner) if isinstance(nested, dict) else None


def _record_of(line: bytes, fields: Fields, place: str) -> Record | BadRecord:
    try:
        table = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if line.strip() in (b"[", b"{"):
            return bad(place, "not-json", f"JSON over several lines; {_ONE_A_LINE}", len(line))
        return _slow_record(line, fields, place, str(error))
    return _checked(table, fields, place, line)


def _checked(table: object, fields: Fields, place: str, line: bytes) -> Record | BadRecord:
    if not isinstance(table, dict):
        detail = f"JSON, but not an object; {_ONE_A_LINE}"
        return bad(place, "not-json", detail, len(line))
    return table_record(table, fields, place, len(line))


def _slow_record(line: bytes, fields: Fields, place: str, why: str) -> Record | BadRecord:
    """The record of a line that the fast parser refuses, by the more lenient one of Python.

    That one takes a NaN and half of a surrogate pair, and says where an error lies.
    """
    if _TOO_DEEP in why:
        return bad(place, "not-json", "JSON nested too deeply", len(line))
    try:
        table = json.loads(line.removeprefix(BYTE_ORDER_MARK).decode())
    except UnicodeDecodeError as error:
        return bad(place, "not-utf-8", not_utf_8(line, error), len(line))
    except json.JSONDecodeError as error:
        detail = f"not JSON at column {error.colno}: {error.msg}"
        return bad(place, "not-json", detail, len(line))
    except (RecursionError, ValueError) as error:
        return bad(place, "not-json", f"not JSON that can be read ({error})", len(line))
    found = _checked(table, fields, place, line)
    if isinstance(found, Record) and not _is_unicode(found):
        return bad(place, "not-unicode", "the text holds half of a surrogate pair", len(line))
    return found


def _is_unicode(record: Record) -> bool:
    stated = (record.url, record.licence, record.collected_at, record.optout)
    parts = (record.text, record.id, *stated)
    try:
        "".join(part or "" for part in parts).encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(value: object) -> str:
    """A record's own id, which may be a whole number; empty where it has none."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else _string(value) or ""


def _string(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
