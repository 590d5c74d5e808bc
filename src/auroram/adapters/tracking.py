"""Several trackers as one, and what they have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from auroram.errors import ConfigError
from auroram.ports import Tracker


class Tracking(Protocol):
    """Settings that can start a tracker: the adapters' classes."""

    @property
    def kind(self) -> str:
        """As the recipe names it, and the extra that brings its packages."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """What must be installed."""
        ...

    def start(self, run: str, stage: str, folder: Path) -> Tracker:
        """Follow a stage of a run; what is kept on the disk goes under the folder."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trackers:
    """Opens all trackers of a recipe for a stage."""

    chosen: Sequence[Tracking]
    run: str
    """The run's name."""
    folder: Path

    def check(self) -> None:
        """Refuse trackers whose packages are not installed, before anything is computed.

        Raises:
            ConfigError: naming the package and its extra.
        """
        for one in self.chosen:
            for package in one.packages:
                if find_spec(package) is None:
                    raise _missing(one.kind, package)

    def open(self, stage: str) -> Tracker:
        """One tracker that tells all of them.

        Raises:
            ConfigError: where the package of one is not installed.
        """
        return _All([one.start(self.run, stage, self.folder) for one in self.chosen])


@dataclass(frozen=True, slots=True)
class _All:
    trackers: Sequence[Tracker]

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell all of them."""
        for tracker in self.trackers:
            tracker.log(step, figures)

    def close(self, *, whole: bool) -> None:
        """Close all of them."""
        for tracker in self.trackers:
            tracker.close(whole=whole)


def needed(package: str) -> Any:  # noqa: ANN401 -- a module
    """The package of an extra.

    Raises:
        ConfigError: where it is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise _missing(package, error.name or package) from None


def _missing(kind: str, package: str) -> ConfigError:
    return ConfigError(
        f"trackers: kind {kind!r} needs the package {package}; pip install 'auroram[{kind}]'"
    )
