"""Lists, models and indexes that a worker opens once and uses for all its portions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from auroram.records.canonical import digest

Settings = TypeVar("Settings")
Opened = TypeVar("Opened")

_OPENED: dict[str, Any] = {}


def opened(
    name: str, settings: Settings, root: Path, open_: Callable[[Settings, Path], Opened]
) -> Opened:
    """What `open_` makes of the settings, made once a process for equal settings.

    Args:
        name: tells what it is from other things with equal settings.
        settings: what to open.
        root: the folder that paths in the settings are relative to.
        open_: called with the settings and the root.
    """
    key = digest([name, settings, str(root)])
    if key not in _OPENED:
        _OPENED[key] = open_(settings, root)
    found: Opened = _OPENED[key]
    return found
