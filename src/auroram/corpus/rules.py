"""Files of bounds: what `auroram corpus calibrate` writes and a recipe refers to.

A file holds the bounds of one domain and says what they were computed from and in which units the
text was counted. Bounds found with other units would refuse other documents, so such a file is
not read.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from auroram.corpus.quality import Quality
from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.files import why_unreadable, write_text
from auroram.records.manifest import Manifest
from auroram.text.signals import SEGMENTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How the bounds of a file were found."""

    domain: str
    """A language's tag, or `code`."""
    segmenter: str
    """Name and version of the units that lengths and shares were counted in."""
    share: float
    """Highest share of each reference's documents that the bounds may refuse together."""
    refused: float
    """Share of all of them that the bounds refuse, those on lengths included."""
    documents: int
    """How many documents the references have."""
    reference: str
    """What the reference is, in words."""
    reference_digest: str
    """SHA-256 of the files that were measured, or of the identity of the stage that was read."""
    date: str
    """The day it was computed, in UTC, as year-month-day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The contents of a file of bounds."""

    calibration: Calibration
    quality: Quality

    @property
    def domain(self) -> str:
        """The domain that the bounds are for."""
        return self.calibration.domain


def write_rules(path: Path, rules: Rules) -> None:
    """Write a file of bounds as TOML."""
    lines = [
        f"# Bounds of {rules.domain!r} by `auroram corpus calibrate`. In a recipe, under",
        f'# [stages.corpus]: rules = {{ {_quoted(rules.domain)} = "this file" }}',
        "",
        "[calibration]",
        *(f"{key} = {_written(value)}" for key, value in asdict(rules.calibration).items()),
        "",
        "[quality]",
        *(f"{key} = {_written(value)}" for key, value in asdict(rules.quality).items()),
    ]
    write_text(path, "\n".join(lines) + "\n")


def read_rules(path: Path) -> Rules:
    """The bounds of a file.

    Raises:
        DataError: where the file is missing or no such file, or was made with other units.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(
            f"{path}: {why_unreadable(error, 'TOML')}; make it with `auroram corpus calibrate`"
        ) from None
    try:
        calibration = Calibration(**table["calibration"])
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path}: not a file of bounds ({error}); make it with `auroram corpus calibrate`"
        ) from None
    if calibration.segmenter != SEGMENTER:
        raise DataError(
            f"{path}: was computed with units {calibration.segmenter!r}, but text is counted in "
            f"{SEGMENTER!r} now; run `auroram corpus calibrate` again"
        )
    return Rules(calibration=calibration, quality=parse_quality(table.get("quality", {}), path))


def bounds_by_domain(
    given: Mapping[str, Quality], files: Mapping[str, str], root: Path
) -> dict[str, Quality]:
    """The bounds in force: those that the recipe states, and those that it takes from files.

    Args:
        given: domain to bounds stated in the recipe, or built in.
        files: domain to a file of bounds.
        root: the folder that the files' paths are relative to.

    Raises:
        DataError: where a file cannot be used, or holds the bounds of another domain.
    """
    found = dict(given)
    for domain, file in files.items():
        rules = read_rules(root / file)
        if rules.domain != domain:
            raise DataError(
                f"{root / file}: holds the bounds of {rules.domain!r}, but the recipe names it "
                f"for {domain!r}; name the file of that domain"
            )
        found[domain] = rules.quality
    return dict(sorted(found.items()))


def recorded_bounds(manifest: Manifest) -> dict[str, Quality]:
    """Domain to the bounds that a finished corpus stage judged by."""
    tables = manifest.facts.get("quality") or manifest.settings["quality"]
    place = f"manifest of {manifest.stage!r}"
    return {domain: parse_quality(table, place) for domain, table in tables.items()}


def parse_quality(table: Json, place: object, base: Quality | None = None) -> Quality:
    """Bounds from a table of TOML or JSON, laid over the general ones or over `base`.

    Args:
        table: name of a bound to its value.
        place: where the table stands, for the error's sentence.
        base: what holds where the table says nothing.

    Raises:
        DataError: naming the first key that is no bound, or value that is no number.
    """
    known: dict[str, Any] = asdict(base or Quality())
    for key, value in table.items():
        if key not in known:
            raise DataError(f"{place}: no such bound ({key!r}); known are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise DataError(
                f"{place}: {key} must be a number that is not negative (got {value!r}); mend it"
            )
    types = {field.name: type(known[field.name]) for field in fields(Quality)}
    return Quality(**known | {key: types[key](value) for key, value in table.items()})


def _written(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    inside = "".join(
        f"\\u{ord(one):04x}" if ord(one) < 32 or ord(one) == 127 else one
        for one in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{inside}"'
