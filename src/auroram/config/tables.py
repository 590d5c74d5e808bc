"""TOML files and overrides as one table: later wins, tables merge, everything else replaces."""

import tomllib
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

from auroram.errors import ConfigError
from auroram.records.canonical import Json


def read_tables(files: Sequence[Path], overrides: Sequence[str]) -> Json:
    """All files and then all `section.key=value` overrides laid over one another.

    Raises:
        ConfigError: where a file is missing or not TOML, or an override is not `key=value`.
    """
    layers = [_read_toml(file) for file in files] + [_parse_override(text) for text in overrides]
    return reduce(_merged, layers, {})


def _read_toml(file: Path) -> Json:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: there is no such recipe; check the path") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file}: not UTF-8 at byte {error.start}; save the recipe as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not TOML ({error}); mend that line") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); name a TOML file") from None


def _parse_override(text: str) -> Json:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{text!r}: not an override; write section.key=value")
    # A value that is not TOML is a bare word, which a shell user would not want to quote twice.
    for candidate in (value, f'"{value}"'):
        try:
            return tomllib.loads(f"{key} = {candidate}")
        except tomllib.TOMLDecodeError:
            continue
    raise ConfigError(f"{text!r}: cannot be read as TOML; write section.key=value")


def _merged(below: Json, above: Json) -> Json:
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        both = isinstance(under, dict) and isinstance(value, dict)
        result[key] = _merged(under, value) if both else value  # type: ignore[arg-type]
    return result
