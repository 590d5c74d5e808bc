"""One way to write a value as JSON, so that equal values have equal digests."""

import hashlib
import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
"""A JSON object. What is inside is checked where it is read."""


def plain(value: object) -> Any:  # noqa: ANN401 -- JSON is untyped by nature
    """The value in JSON's own types: dataclasses become objects, tuples lists, paths strings."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces; refuses nan and infinity with a ValueError."""
    return json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
