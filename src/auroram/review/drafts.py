"""Drafts on their way to a desk: each field is checked, and so are the splits of all."""

import dataclasses
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args, get_type_hints

from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.draft import Draft
from auroram.records.files import why_unreadable

FIELDS = {field.name: field for field in dataclasses.fields(Draft)}
KINDS = get_type_hints(Draft)


def read_checked_drafts(path: Path) -> list[Draft]:
    """The drafts of a file of JSON lines.

    Raises:
        DataError: naming the line and the field that are not as they should be.
    """
    if path.is_dir():
        path = path / "drafts.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: {why_unreadable(error, 'UTF-8 text')}; name the drafts.jsonl of a red-team "
            "stage, or its folder"
        ) from None
    drafts = [_draft(line, f"{path}: line {n}") for n, line in enumerate(lines, 1) if line.strip()]
    if not drafts:
        raise DataError(f"{path}: holds no drafts; name the drafts.jsonl of a red-team stage")
    return drafts


def check_splits(drafts: Iterable[Draft], *, place: str) -> None:
    """Refuse drafts whose splits share a template, a cluster, or a request's text.

    Raises:
        DataError: naming what is in both.
    """
    splits: dict[tuple[str, str], str] = {}
    for draft in drafts:
        for what, value in _shared(draft):
            if splits.setdefault((what, value), draft.split) != draft.split:
                raise DataError(
                    f"{place}: {what} {value!r} is in both splits, so a test would know what was "
                    "trained on; keep it in one"
                )


def _shared(draft: Draft) -> Iterator[tuple[str, str]]:
    """What no other split may have; an empty cluster is none."""
    yield "template", draft.template
    if draft.cluster:
        yield "cluster", draft.cluster
    yield "request", " ".join(unicodedata.normalize("NFKC", draft.request).casefold().split())


def _draft(line: str, place: str) -> Draft:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise DataError(f"{place}: not JSON ({error}); mend it") from None
    if not isinstance(record, dict):
        raise DataError(f"{place}: not an object with the fields of a draft")
    _check_names(record, place)
    for name, value in record.items():
        _check_value(name, value, place)
    lists = {name: tuple(record[name]) for name in ("mutations", "checks") if name in record}
    return Draft(**{**record, **lists})


def _check_names(record: Mapping[str, object], place: str) -> None:
    required = {name for name, f in FIELDS.items() if f.default is dataclasses.MISSING}
    missing, unknown = sorted(required - set(record)), sorted(set(record) - set(FIELDS))
    if missing or unknown:
        words = [f"lacks {', '.join(missing)}"] * bool(missing)
        words += [f"has unknown fields {', '.join(unknown)}"] * bool(unknown)
        raise DataError(f"{place}: {' and '.join(words)}; drafts come from a red-team stage")


def _check_value(name: str, value: Json | object, place: str) -> None:
    choices = get_args(KINDS[name])
    if name in ("mutations", "checks"):
        good = isinstance(value, list) and all(isinstance(one, str) for one in value)
        wanted = "a list of texts"
    elif KINDS[name] is bool:
        good, wanted = isinstance(value, bool), "true or false"
    elif choices:
        good, wanted = value in choices, f"one of {', '.join(choices)}"
    else:
        empty = name in ("id", "language", "request", "answer", "template") and not value
        good, wanted = isinstance(value, str) and not empty, "a text"
    if not good:
        raise DataError(f"{place}: {name} must be {wanted} ({str(value)[:60]!r} given)")
