"""Lists, models and indexes that a worker opens once and uses for all its portions.

Of each kind it holds those of one stage, the last that asked.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from auroram.records.canonical import digest

Settings = TypeVar("Settings")
Opened = TypeVar("Opened")

_OPENED: dict[str, tuple[str, Any]] = {}
"""By name: of which settings, and what was made of them."""


def opened(
    name: str, settings: Settings, root: Path, open_: Callable[[Settings, Path], Opened]
) -> Opened:
    """What `open_` makes of the settings, made once as long as the same ones are asked for.

    Args:
        name: tells what it is from other things with equal settings.
        settings: what to open.
        root: the folder that paths in the settings are relative to.
        open_: called with the settings and the root.
    """
    key = digest([settings, str(root)])
    if _OPENED.get(name, ("",))[0] != key:
        _OPENED[name] = key, open_(settings, root)
    found: Opened = _OPENED[name][1]
    return found
